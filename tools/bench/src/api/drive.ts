import autocannon, { type Options, type Request, type Result } from 'autocannon';
import { createDurations, type Durations } from '../quantiles.ts';

const MS_PER_SECOND = 1_000;

export interface DriveOptions {
  readonly url: string;
  /** Each connection sends them round and round. */
  readonly requests: readonly Request[];
  readonly connections: number;
  readonly forMs: number;
}

export interface Driven {
  readonly perS: number;
  readonly count: number;
  readonly durations: Durations;
}

const run = (options: Options, onResponse: (statusCode: number, tookMs: number) => void): Promise<Result> =>
  new Promise((resolve, reject) => {
    const running = autocannon(options, (error: unknown, result) => {
      if (error) reject(new Error(`${String(options.url)}: the load could not be sent`, { cause: error }));
      else resolve(result);
    });
    running.on('response', (_client, statusCode, _bytes, tookMs) => onResponse(statusCode, tookMs));
  });

/** Sends requests over so many connections for so long, as fast as answers come. @throws if any is not answered with 200 */
export async function drive({ url, requests, connections, forMs }: DriveOptions): Promise<Driven> {
  const durations = createDurations();
  let refused = 0;
  const options = {
    url,
    connections,
    duration: forMs / MS_PER_SECOND,
    requests: [...requests],
  };
  const startedAt = performance.now();
  const { errors, timeouts } = await run(options, (statusCode, tookMs) => {
    if (statusCode === 200) durations.record(tookMs);
    else refused += 1;
  });
  const tookMs = performance.now() - startedAt;
  if (refused + errors + timeouts > 0)
    throw new Error(`${url}: ${refused} answers were not 200, ${errors} failed, ${timeouts} never came`);
  return { perS: (durations.count * MS_PER_SECOND) / tookMs, count: durations.count, durations };
}
