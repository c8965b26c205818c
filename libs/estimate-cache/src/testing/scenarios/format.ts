import { expect } from '@jest/globals';
import { printValue, type RejectedReason } from '../../format.ts';
import {
  AT_CLASS,
  AT_ESTIMATE_VERSION,
  AT_MLS_BYTES,
  AT_OVERRIDE,
  AT_STATUS,
  AT_VERSIONED,
  AT_VISIBILITY_VERSION,
  HEAD_BYTES,
} from '../../layout.ts';
import { estimateOf, factsOf, jsonOf } from '../story.ts';
import type { Scenarios } from './scenario.ts';

const whole = printValue({
  class: 's',
  facts: factsOf(7, { mlsId: 'mls-1' }),
  isFactsOnly: false,
  estimateVersion: 3,
  acquiredAt: 2_000,
  softExpiryAt: 3_000,
  hardExpiryAt: 4_000,
  estimateJson: jsonOf(3),
});
const withByte = (at: number, byte: string | number): Buffer => {
  const bytes = Buffer.from(whole);
  bytes[at] = typeof byte === 'string' ? byte.charCodeAt(0) : byte;
  return bytes;
};

/** Strings that others leave in `:v`, each with the reason that is counted. */
const strangers: Record<string, readonly [Buffer | string, RejectedReason]> = {
  'cut off in the estimate': [whole.subarray(0, -5), 'truncated'],
  'cut off in the head': [whole.subarray(0, 20), 'truncated'],
  'with a byte too many': [Buffer.concat([whole, Buffer.from('x')]), 'truncated'],
  'of a newer format': [withByte(0, '4'), 'newer'],
  'of the format before this one': [withByte(0, '2'), 'foreign'],
  'of the first format': ['1|s|7|a|mls-1||1000|3|2000|3000|4000|2|{}', 'foreign'],
  'with a zero before its format': [Buffer.concat([Buffer.from('0'), whole]), 'truncated'],
  'of another program': ['{"price": 1}', 'foreign'],
  empty: ['', 'foreign'],
  'of a class nobody knows': [withByte(AT_CLASS, 'x'), 'truncated'],
  'with a status nobody knows': [withByte(AT_STATUS, 'z'), 'truncated'],
  'with a level nobody knows': [withByte(AT_OVERRIDE, '6'), 'truncated'],
  'with an estimate that is no object': [withByte(HEAD_BYTES + 5, '['), 'truncated'],
  'with an id that no MLS has': [withByte(HEAD_BYTES + 1, '|'), 'truncated'],
  'with an id that is too long': [
    Buffer.concat([
      withByte(AT_MLS_BYTES, 65).subarray(0, HEAD_BYTES),
      Buffer.alloc(60, 'm'),
      whole.subarray(HEAD_BYTES),
    ]),
    'truncated',
  ],
  'with a version above 2^53 - 1': [withByte(AT_VISIBILITY_VERSION + 1, 0x20), 'truncated'],
  'with an estimate version above 2^53 - 1': [withByte(AT_ESTIMATE_VERSION, 1), 'truncated'],
  'with an estimate that has no version': [withByte(AT_VERSIONED, '-'), 'truncated'],
  'of facts alone, with an estimate': [withByte(AT_VERSIONED, 'f'), 'truncated'],
  'with a flag for its version that is none': [withByte(AT_VERSIONED, 'x'), 'truncated'],
};

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
