import { expect, test } from '@jest/globals';
import { resultOf, runScenarios, type Ground } from './run-scenarios.ts';
import type { Scenario, Seen } from './scenario.ts';

interface World {
  readonly signal: AbortSignal;
  readonly onEnd: (undo: () => void) => void;
}

const scenario = (name: string, run: (world: World) => Promise<Seen>): Scenario<World> => ({
  name,
  what: 'a test',
  quick: true,
  run,
});
const clean: Seen = { violations: [], figures: { lost: 0 } };

/** A ground that notes what happens to it. */
function groundOf(signal: AbortSignal = new AbortController().signal) {
  const happened: string[] = [];
  const ground: Ground<World> = {
    say: (line) => void happened.push(line.replace(/ in \d+ s/, '')),
    signal,
    worldOf: (_scenario, own) => own,
    mend: async () => void happened.push('mended'),
  };
  return { happened, ground };
}

test('a scenario is told with what it saw, and what it set up is undone, the last first', async () => {
  const { happened, ground } = groundOf();
  const one = scenario('one', async ({ signal, onEnd }) => {
    onEnd(() => void happened.push(`undone first, over: ${signal.aborted}`));
    onEnd(() => void happened.push('undone second'));
    return { violations: ['a record was lost'], figures: { lost: 1 } };
  });
  const rows = await runScenarios([one], ground);
  expect(happened).toEqual([
    'one: a test',
    'undone second',
    'undone first, over: true',
    'one: FAILED; lost 1',
    'one: a record was lost',
  ]);
  expect(resultOf(rows, { seconds: 3 })).toMatchObject({
    passed: false,
    figures: { failed: ['one'], skipped: [], seconds: 3, scenarios: [{ name: 'one', figures: { lost: 1 } }] },
  });
});

test('what a scenario throws is its failure alone: the ground is mended, and the next one runs', async () => {
  const { happened, ground } = groundOf();
  const broken = scenario('broken', () => Promise.reject(new Error('no broker')));
  const skipped = scenario('skipped', async () => ({ ...clean, skipped: 'no disk' }));
  const rows = await runScenarios([broken, skipped, scenario('last', async () => clean)], ground);
  expect(happened).toEqual([
    'broken: a test',
    'mended',
    'broken: FAILED; ',
    'broken: the scenario broke off: no broker',
    'skipped: a test',
    'skipped: skipped: no disk; lost 0',
    'last: a test',
    'last: passed; lost 0',
  ]);
  expect(resultOf(rows, {})).toMatchObject({ passed: false, figures: { failed: ['broken'], skipped: ['skipped'] } });
});

test('once the run was asked to stop, nothing is a failure of a scenario and none begins', async () => {
  const asked = new AbortController();
  const { happened, ground } = groundOf(asked.signal);
  const stopped = scenario('stopped', async ({ onEnd }) => {
    onEnd(() => void happened.push('undone'));
    asked.abort(new Error('asked to stop'));
    throw new Error('interrupted');
  });
  await expect(runScenarios([stopped, scenario('next', async () => clean)], ground)).rejects.toThrow('asked to stop');
  expect(happened).toEqual(['stopped: a test', 'undone']);
});
