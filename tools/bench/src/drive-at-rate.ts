import { Agent, request } from 'node:http';
import { realPace } from '@porchlight/traffic';
import { createDurations, type Durations } from './quantiles.ts';

const MS_PER_SECOND = 1_000;
const ANSWER_MS = 10_000;

/** One request of a load. */
export interface RatedCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface RateOptions {
  readonly url: string;
  /** Sent round and round. */
  readonly calls: readonly RatedCall[];
  /** Kept open, one call at a time each. A call that finds none free waits, and its wait counts. */
  readonly connections: number;
  readonly ratePerS: number;
  readonly forMs: number;
}

export interface Rated {
  readonly count: number;
  /** Milliseconds from the instant at which a call was meant to be sent to the last byte of its answer. */
  readonly durations: Durations;
}

/** Sends one, and reads its answer to the end. @throws if it is not 200 */
const send = (url: string, agent: Agent, { method, path, headers = {}, body }: RatedCall): Promise<void> =>
  new Promise((resolve, reject) => {
    const asking = request(`${url}${path}`, { method, agent, headers, timeout: ANSWER_MS }, (answer) => {
      answer.on('error', reject).resume();
      if (answer.statusCode !== 200) reject(new Error(`${url}${path}: ${answer.statusCode}`));
      else answer.on('end', resolve);
    });
    asking.on('timeout', () => asking.destroy(new Error(`${url}${path}: no answer in ${ANSWER_MS} ms`)));
    asking.on('error', reject);
    asking.end(body);
  });

/**
 * An open loop: each call is due at its instant, evenly spaced, whatever the answers do, so that one slow answer is counted by everybody who
 * had to wait behind it. (autocannon's `overallRate` is none: each connection sends its second's share back to back, then pauses.)
 *
 * @throws if a call is not answered with 200
 */
export async function driveAtRate({ url, calls, connections, ratePerS, forMs }: RateOptions): Promise<Rated> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
  const durations = createDurations();
  const underWay = new Set<Promise<void>>();
  const gapMs = MS_PER_SECOND / ratePerS;
  const total = Math.floor(forMs / gapMs);
  const { signal } = new AbortController();
  let failed: unknown;
  const startedAt = realPace.now();
  for (let sent = 0; sent < total && failed === undefined; sent += 1) {
    const meantAt = startedAt + sent * gapMs;
    await realPace.waitUntil(meantAt, signal); // up to a millisecond late; it counts, and for every side alike
    const call = calls[sent % calls.length];
    if (call === undefined) throw new RangeError('a load needs calls');
    const sending: Promise<void> = send(url, agent, call)
      .then(
        () => durations.record(realPace.now() - meantAt),
        (error: unknown) => void (failed ??= error),
      )
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  }
  await Promise.all(underWay);
  agent.destroy();
  if (failed !== undefined) throw new Error(`${url}: a call of the load failed`, { cause: failed });
  return { count: durations.count, durations };
}
