import { test } from '@jest/globals';
import { budgetConformance, manualSourceClock, memoryBudgetStore } from './testing/index.ts';

test.each(budgetConformance.map((each) => [each.title, each] as const))('in memory, %s', async (_title, each) => {
  const store = memoryBudgetStore(manualSourceClock(1_700_000_000_000));
  await each.check(() => store);
});
