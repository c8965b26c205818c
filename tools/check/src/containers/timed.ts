export interface Timed<T> {
  readonly seconds: number;
  readonly result: T;
}

const inSeconds = (ms: number): number => Math.round(ms / 10) / 100;

/** Seconds that some work took, in hundredths, and what came of it. */
export async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const beganAt = performance.now();
  const result = await work();
  return { seconds: inSeconds(performance.now() - beganAt), result };
}
