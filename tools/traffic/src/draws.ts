import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded stream of random values; the same seed gives the same stream everywhere. */
export interface Draws {
  /** 0 <= value < 1 */
  uniform(): number;
  /** An integer 0 .. count - 1. */
  below(count: number): number;
  chance(probability: number): boolean;
  /** A key of the table, each as often as its share of the sum. */
  pick<K extends string>(shares: Readonly<Record<K, number>>): K;
}

export function createDraws(seed: number): Draws {
  const random = xoroshiro128plus(seed);
  const uniform = (): number => uniformFloat64(random);
  return {
    uniform,
    below: (count) => Math.floor(uniform() * count),
    chance: (probability) => uniform() < probability,
    pick: (shares) => keyAt(shares, uniform()),
  };
}

/** The key of a table at a position 0..1 along its shares. */
export function keyAt<K extends string>(shares: Readonly<Record<K, number>>, position: number): K {
  const rows = Object.entries<number>(shares) as [K, number][];
  let left = position * rows.reduce((sum, [, share]) => sum + share, 0);
  for (const [key, share] of rows) {
    left -= share;
    if (left < 0) return key;
  }
  const last = rows.at(-1);
  if (last === undefined) throw new RangeError('nothing to pick from');
  return last[0];
}

/**
 * Points of the unit cube that are spread evenly however few are taken, in each of their coordinates and over all of
 * them: with ten sessions two are registered, not none or five, and these two are not all on one kind of screen.
 *
 * @param count of the coordinates of a point, each 0..1
 * @source the additive recurrence by powers of the root of x ** (count + 1) = x + 1 (golden section for one), begun anywhere
 */
export function evenPositions(draws: Draws, count: number): () => readonly number[] {
  const step = 1 / rootOf(count + 1);
  let position = Array.from({ length: count }, () => draws.uniform());
  return () => (position = position.map((at, axis) => (at + step ** (axis + 1)) % 1));
}

const ROOT_ROUNDS = 50;

/** x > 1 with x ** power = x + 1, by fixed point: the map shrinks distances by more than half. */
function rootOf(power: number): number {
  let root = 1.5;
  for (let round = 0; round < ROOT_ROUNDS; round += 1) root = (1 + root) ** (1 / power);
  return root;
}

/** The seed of one of many streams: neighbours in number are far apart in seed. @source MurmurHash3's finalizer */
export function seedOf(seed: number, number: number): number {
  let hash = (seed ^ Math.imul(number + 1, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
