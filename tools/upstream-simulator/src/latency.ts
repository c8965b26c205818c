import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Two points of a log-normal distribution, in milliseconds. */
export interface LatencyShape {
  medianMs: number;
  p90Ms: number;
}

/** How long a call takes: always the same, or drawn (single: one id; multi: two and more). */
export type LatencyModel =
  | { kind: 'fixed'; latencyMs: number }
  | { kind: 'drawn'; single: LatencyShape; multi: LatencyShape; slowShare: number; slowMs: number };

/** What the talk measured before its cache (facts: RedisConf 2018), and one call in a thousand that takes a second. */
export const TALK_LATENCY: LatencyModel = {
  kind: 'drawn',
  single: { medianMs: 45, p90Ms: 102 },
  multi: { medianMs: 58, p90Ms: 314 },
  slowShare: 0.001,
  slowMs: 1_000,
};

/** The 90 % point of the standard normal distribution. */
const NORMAL_P90 = 1.2815515655446004;

/** A standard normal value from two uniform ones. @source Box and Muller, 1958 */
export function normalOf(first: number, second: number): number {
  // 1 - first: a uniform value may be 0, and its logarithm may not
  return Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second);
}

/** The log-normal value at a standard normal one: ln(latency) is normal with mean ln(median) and sigma ln(p90/median)/z90. */
export function logNormalMs({ medianMs, p90Ms }: LatencyShape, normal: number): number {
  return medianMs * Math.exp((Math.log(p90Ms / medianMs) / NORMAL_P90) * normal);
}

/** Draws the latency of a call for `items` ids, in milliseconds. Every call advances the generator alike, whatever its size. */
export function createLatency(model: LatencyModel, seed: number): (items: number) => number {
  if (model.kind === 'fixed') return () => model.latencyMs;
  const random = xoroshiro128plus(seed);
  return (items) => {
    const [slow, first, second] = [uniformFloat64(random), uniformFloat64(random), uniformFloat64(random)];
    if (slow < model.slowShare) return model.slowMs;
    return logNormalMs(items === 1 ? model.single : model.multi, normalOf(first, second));
  };
}
