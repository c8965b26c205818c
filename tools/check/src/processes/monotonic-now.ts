const NANOS_PER_MS = 1_000_000n;
const MICROS_PER_MS = 1_000;

/**
 * Milliseconds since the machine came up, with a fraction: one clock for all processes of the machine, which no step of
 * the host's wall clock moves. Histories of several processes are compared by it.
 */
export function monotonicNow(): number {
  const nanos = process.hrtime.bigint();
  return Number(nanos / NANOS_PER_MS) + Number((nanos % NANOS_PER_MS) / BigInt(MICROS_PER_MS)) / MICROS_PER_MS;
}
