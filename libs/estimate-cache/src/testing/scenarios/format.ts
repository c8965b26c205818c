import { expect } from '@jest/globals';
import { estimateOf, factsOf, jsonOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

const whole = `1|s|7|a|mls-1||1000|3|2000|3000|4000|${jsonOf(3).length}|${jsonOf(3)}`;

/** Strings that others leave in `:v`, each with the reason that is counted. */
const strangers = {
  'cut off in the estimate': [whole.slice(0, -5), 'truncated'],
  'cut off in the head': [whole.slice(0, 20), 'truncated'],
  'with a byte too many': [`${whole}x`, 'truncated'],
  'of a newer format': [whole.replace('1|', '2|'), 'newer'],
  'with a zero before its format': [`0${whole}`, 'truncated'],
  'of another program': ['{"price": 1}', 'foreign'],
  empty: ['', 'foreign'],
  'with a status nobody knows': [whole.replace('|a|', '|z|'), 'truncated'],
  'with an estimate that is no object': [whole.replace(/\d+\|\{.*$/, '2|[]'), 'truncated'],
  'with an id that no MLS has': [whole.replace('mls-1', 'm'.repeat(65)), 'truncated'],
  'with a number of too many digits': [whole.replace('|7|', `|${'7'.padStart(17, '0')}|`), 'truncated'],
  'with a version above 2^53 - 1': [whole.replace('|7|', '|9007199254740993|'), 'truncated'],
  'with an estimate that has no version': [whole.replace('|3|2000|', '||2000|'), 'truncated'],
} as const;

const served: Scenarios = Object.fromEntries(
  Object.entries(strangers).map(([what, [bytes, reason]]) => [
    `${what}: a miss, counted and deleted, then filled as any other`,
    async (home, world) => {
      await home.plant(bytes);
      const before = world.rejected().length;
      expect(await home.read()).toBeNull();
      expect(world.rejected().slice(before)).toEqual([reason]);
      expect(await home.state()).toEqual({ value: null, flight: null });
      await home.store(factsOf(1), estimateOf(1));
      expect(await home.served()).toEqual({ facts: 1, estimate: jsonOf(1) });
    },
  ]),
);

const commanded: Scenarios = Object.fromEntries(
  Object.entries(strangers).map(([what, [bytes]]) => [
    `${what}: no command takes it for a value, and an invalidation removes it`,
    async (home) => {
      await home.plant(bytes);
      expect(await home.touch(7, 2_000)).toBe('absent');
      expect(await home.update(9, estimateOf(9))).toBe('absent');
      expect(await home.invalidate(1)).toBe('removed');
      await home.plant(bytes);
      const ticket = await home.ticketFrom();
      expect(await home.recheck(ticket, 1)).toBe(true);
      expect(await home.fill(ticket, factsOf(1), estimateOf(1))).toMatchObject({ outcome: 'ok' });
      expect(await home.served()).toEqual({ facts: 1, estimate: jsonOf(1) });
    },
  ]),
);

export const formatScenarios: Scenarios = { ...served, ...commanded };
