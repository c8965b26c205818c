import { request } from 'node:http';
import { rounded } from '../quantiles.ts';

const EVERY_MS = 250;
const PATIENCE_MS = 5_000;

/** As an orchestrator asks: a connection of its own for each look. @returns the status; 0 without an answer */
const look = (url: string): Promise<number> =>
  new Promise((resolve) => {
    const asking = request(url, { agent: false, timeout: PATIENCE_MS }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    asking.on('timeout', () => asking.destroy()).on('error', () => resolve(0));
    asking.end();
  });

/** Asks for health again and again. @returns `stop`, which says how that went */
export function watchHealth(apiUrl: string) {
  const failed = { livez: 0, readyz: 0 };
  let slowestMs = 0;
  let looks = 0;
  const one = async (what: keyof typeof failed): Promise<void> => {
    const askedAt = performance.now();
    const status = await look(`${apiUrl}/${what}`);
    looks += 1;
    if (status !== 200) failed[what] += 1;
    slowestMs = Math.max(slowestMs, performance.now() - askedAt);
  };
  const timer = setInterval(() => void Promise.all([one('livez'), one('readyz')]), EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return { looks, livezFailed: failed.livez, readyzFailed: failed.readyz, healthSlowestMs: rounded(slowestMs) };
    },
  };
}
