const EVERY_MS = 1_000;
/** How many readings at the beginning and at the end are held against each other. */
const EDGE = 10;

/** Reads resident memory again and again. @returns `stop`, which says how it went, in MB */
export function watchMemory(rssMb: () => Promise<number>) {
  const readings: number[] = [];
  const read = async (): Promise<void> => void readings.push(await rssMb());
  const timer = setInterval(() => void read().catch(() => undefined), EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await read();
      const first = Math.max(...readings.slice(0, EDGE));
      const last = Math.max(...readings.slice(-EDGE));
      return {
        rssMbFirst: Math.round(first),
        rssMbLast: Math.round(last),
        rssMbMax: Math.round(Math.max(...readings)),
      };
    },
  };
}
