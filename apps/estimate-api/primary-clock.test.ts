import { expect, test } from '@jest/globals';
import { createPrimaryClock } from './primary-clock.ts';

test('is never behind the primary, whichever side is ahead and however slow the reading', async () => {
  for (const skewMs of [-5_000, 0, 5_000]) {
    let now = 1_000_000;
    const primaryNow = () => now + skewMs;
    const clock = createPrimaryClock(
      {
        async mlsRules() {
          now += 30;
          const readAt = primaryNow();
          now += 50;
          return { rules: [], readAt };
        },
      },
      { now: () => now },
    );
    await clock.rules.mlsRules();
    expect([clock.now() - primaryNow() >= 0, clock.now() - primaryNow() <= 30]).toEqual([true, true]);
    now += 60_000;
    expect(clock.now() - primaryNow()).toBe(30);
  }
});
