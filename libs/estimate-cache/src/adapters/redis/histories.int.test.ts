import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { expect, test } from '@jest/globals';
import {
  controlPromises,
  promises,
  redisHistoryWorlds,
  searchHistories,
  type HistoryDesign,
} from '../../testing/histories/index.ts';
import { redisUrl } from '../../testing/redis-world.ts';

const SEED = randomInt(1_000_000_000);
const LANES = 128;
/** `npm run check -- histories --minutes 10` plays for longer, in two processes. */
const SECONDS = 60;
const CONTROL_HISTORIES_MAX = 1_000;

async function play(design: HistoryDesign, isOver: (histories: number, seconds: number) => boolean) {
  const worlds = await redisHistoryWorlds({ url: redisUrl(), topology: 'single' }, design);
  const began = performance.now();
  try {
    return await searchHistories({
      world: () => worlds.world(),
      seed: SEED,
      lanes: LANES,
      judged: design === 'ours' ? promises : controlPromises,
      isOver: (histories) => isOver(histories, (performance.now() - began) / 1_000),
    });
  } finally {
    await worlds.close();
  }
}

/** A failure that says how to see it again. */
const told = (failure: Awaited<ReturnType<typeof play>>['failure']): string =>
  failure === null
    ? 'no promise was broken'
    : [`--seed ${failure.seed} --path ${failure.path}`, ...failure.story].join('\n');

test(
  `a minute of random histories on Redis breaks no promise (seed ${SEED})`,
  async () => {
    const { histories, failure } = await play('ours', (_, seconds) => seconds > SECONDS);
    expect(told(failure)).toBe('no promise was broken');
    expect(histories).toBeGreaterThan(LANES);
  },
  4 * SECONDS * 1_000,
);

test(
  `the same histories find out SET and DEL within ${CONTROL_HISTORIES_MAX} (seed ${SEED})`,
  async () => {
    const { failure } = await play('plain', (histories) => histories >= CONTROL_HISTORIES_MAX);
    expect(failure?.failedAfter).toBeLessThanOrEqual(CONTROL_HISTORIES_MAX);
    expect(failure?.story.at(-1)).toMatch(/so promise (C|QF|QE) is broken/);
  },
  4 * SECONDS * 1_000,
);
