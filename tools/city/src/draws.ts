import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Seeded randomness: the same seed gives the same sequence on every machine. */
export interface Draws {
  /** 0 <= u < 1 */
  unit(): number;
  /** An integer 0 .. limit - 1. */
  below(limit: number): number;
  /** About normal, mean 0, deviation 1, never beyond ±3.5: the sum of twelve units. */
  normal(): number;
  /** true with this probability. */
  chance(probability: number): boolean;
}

const UINT32 = 2 ** 32;

/** Sum of this many units has variance 1. */
const UNITS_OF_A_NORMAL = 12;

/** FNV-1a: mixes the name of a purpose into the seed, so that one purpose's draws never shift another's. */
function mixed(seed: number, purpose: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const character of purpose) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash | 0;
}

/**
 * @param seed    any integer
 * @param purpose what the draws are for; each purpose has a sequence of its own
 */
export function createDraws(seed: number, purpose: string): Draws {
  const generator = xoroshiro128plus(mixed(seed, purpose));
  const unit = (): number => (generator.next() >>> 0) / UINT32;
  return {
    unit,
    below: (limit) => Math.floor(unit() * limit),
    normal: () => {
      let sum = -UNITS_OF_A_NORMAL / 2;
      for (let drawn = 0; drawn < UNITS_OF_A_NORMAL; drawn += 1) sum += unit();
      return Math.max(-3.5, Math.min(3.5, sum));
    },
    chance: (probability) => unit() < probability,
  };
}
