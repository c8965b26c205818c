/** One side of a comparison: does one piece of work. */
export type Work = () => Promise<unknown>;

export interface Compared {
  /** Pieces a second of ours over the twin's: the median over all pairs of slices. */
  readonly ratio: number;
  readonly perS: number;
  readonly twinPerS: number;
  /** Processor time of the twin's piece over that of ours, the median over all pairs. */
  readonly cpuRatio: number;
}

const medianOf = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

interface Slice {
  readonly perS: number;
  /** Of this process, for a piece, in microseconds. */
  readonly cpuUs: number;
}

/** Runs work for so long, so many pieces at once. */
async function runSlice(work: Work, sliceMs: number, atOnce: number): Promise<Slice> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + sliceMs;
  let done = 0;
  const run = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perS: (done * 1_000) / (performance.now() - startedAt), cpuUs: (user + system) / done };
}

/**
 * Two kinds of work by turns in short slices, A B B A A B B A …, so that whatever else the machine does meets both. The first
 * two pairs only warm up.
 */
export async function interleave(
  ours: Work,
  twin: Work,
  { pairs, sliceMs, atOnce }: { readonly pairs: number; readonly sliceMs: number; readonly atOnce: number },
): Promise<Compared> {
  const WARM_UP_PAIRS = 2;
  const slices: { ours: Slice; twin: Slice }[] = [];
  for (let pair = 0; pair < pairs + WARM_UP_PAIRS; pair += 1) {
    const oursFirst = pair % 2 === 0;
    const first = await runSlice(oursFirst ? ours : twin, sliceMs, atOnce);
    const second = await runSlice(oursFirst ? twin : ours, sliceMs, atOnce);
    if (pair >= WARM_UP_PAIRS) slices.push(oursFirst ? { ours: first, twin: second } : { ours: second, twin: first });
  }
  return {
    ratio: medianOf(slices.map((each) => each.ours.perS / each.twin.perS)),
    perS: medianOf(slices.map((each) => each.ours.perS)),
    twinPerS: medianOf(slices.map((each) => each.twin.perS)),
    cpuRatio: medianOf(slices.map((each) => each.twin.cpuUs / each.ours.cpuUs)),
  };
}
