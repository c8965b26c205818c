import { Pool, type Dispatcher } from 'undici';
import { callDeadline } from './call-deadline.ts';
import {
  ANSWER_BYTES_MAX,
  CONNECT_TIMEOUT_MS,
  CONNECTIONS_MAX,
  KEEP_ALIVE_MS,
  SILENCE_MS_MAX,
  SOURCE_ITEMS_MAX,
  SYNC_TIMEOUT_MS,
} from '../limits.ts';
import type { EstimateSource, FetchOptions, SourceAnswer } from '../port.ts';
import { readAnswer } from '../read-answer.ts';
import { retryAfterMs } from '../retry-after.ts';
import { SourceMisbehaved, SourceThrottled, SourceUnavailable } from '../source-errors.ts';

export interface HttpEstimateSourceOptions {
  /** Where upstream is; the path of design.md section 5 is added to it. */
  readonly url: string;
  /** Sent as x-api-key; never in a log or an error. */
  readonly apiKey: string;
  /** The time for a whole call, connecting included, unless the call says otherwise. Default SYNC_TIMEOUT_MS. */
  readonly timeoutMs?: number;
  /** Connections at once; a further call waits, and its time runs. Default CONNECTIONS_MAX. */
  readonly connectionsMax?: number;
  /** The time for one handshake. Default CONNECT_TIMEOUT_MS. */
  readonly connectTimeoutMs?: number;
  /** How long an idle connection is kept, unless upstream says less. Default KEEP_ALIVE_MS. */
  readonly keepAliveMs?: number;
  /** A longer answer is cut off and refused. Default ANSWER_BYTES_MAX. */
  readonly answerBytesMax?: number;
}

const PATH = '/v1/estimates:batchGet';

/** Tells the seller's meter who asked; a seller that does not know it takes no notice. */
const LANE_HEADER = 'x-porchlight-lane';

/** With these nothing has reached upstream, so nothing is billed. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** The upstream valuation API over HTTP (design.md section 5). One request a call, no retries: who pays decides that. */
export function httpEstimateSource(options: HttpEstimateSourceOptions): EstimateSource & { close(): Promise<void> } {
  const { url, apiKey, timeoutMs = SYNC_TIMEOUT_MS, answerBytesMax = ANSWER_BYTES_MAX } = options;
  const base = new URL(url);
  const path = base.pathname.replace(/\/+$/, '') + PATH;
  const headers = { 'content-type': 'application/json', accept: 'application/json', 'x-api-key': apiKey };
  const pool = createPool(base.origin, options);

  const call = async (
    propertyIds: readonly string[],
    { signal, lane }: { signal: AbortSignal; lane: FetchOptions['lane'] },
  ): Promise<SourceAnswer> => {
    const answer = await pool.request({
      method: 'POST',
      path,
      headers: lane === undefined ? headers : { ...headers, [LANE_HEADER]: lane },
      body: JSON.stringify({ propertyIds }),
      signal,
    });
    if (answer.statusCode !== 200) throw await refusalOf(answer);
    return readAnswer(await readBody(answer.body, answerBytesMax), propertyIds);
  };

  return {
    async fetch(propertyIds, { timeoutMs: ownTimeoutMs = timeoutMs, signal: ownSignal, lane } = {}) {
      if (propertyIds.length < 1 || propertyIds.length > SOURCE_ITEMS_MAX) {
        throw new RangeError(`1..${SOURCE_ITEMS_MAX} ids a call, not ${propertyIds.length}`);
      }
      const deadline = callDeadline(ownTimeoutMs);
      const signal = ownSignal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, ownSignal]);
      try {
        return await call(propertyIds, { signal, lane });
      } catch (error) {
        if (ownSignal?.aborted === true) throw new SourceUnavailable('the caller left', { kind: 'left' });
        throw asSourceError(error, { timedOut: deadline.signal.aborted, timeoutMs: ownTimeoutMs });
      } finally {
        deadline.cancel();
      }
    },
    close: () => pool.destroy(),
  };
}

/** One answer at a time on a connection: what is behind a slow one would wait with it. */
function createPool(origin: string, options: HttpEstimateSourceOptions): Pool {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, keepAliveMs = KEEP_ALIVE_MS } = options;
  return new Pool(origin, {
    connections: options.connectionsMax ?? CONNECTIONS_MAX,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    headersTimeout: SILENCE_MS_MAX,
    bodyTimeout: SILENCE_MS_MAX,
  });
}

async function refusalOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Error> {
  // Read away what is left (bounded), so that the connection can be used again.
  await body.dump({ limit: ANSWER_BYTES_MAX }).catch(() => undefined);
  const retryAfter = [headers['retry-after']].flat()[0];
  if (statusCode === 429) return new SourceThrottled(retryAfterMs(retryAfter));
  if (statusCode >= 500) {
    const comeBackMs = retryAfter === undefined ? 0 : retryAfterMs(retryAfter);
    return new SourceUnavailable(`status ${statusCode}`, { kind: 'never-billed', retryAfterMs: comeBackMs });
  }
  return new SourceMisbehaved(`status ${statusCode}`);
}

async function readBody(body: Dispatcher.ResponseData['body'], bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new SourceMisbehaved(`the body is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function asSourceError(error: unknown, { timedOut, timeoutMs }: { timedOut: boolean; timeoutMs: number }): Error {
  if (error instanceof SourceThrottled || error instanceof SourceUnavailable || error instanceof SourceMisbehaved) {
    return error;
  }
  if (timedOut) return new SourceUnavailable(`no answer within ${timeoutMs} ms`);
  // Only the code: a driver's message may hold the request, and that holds the key.
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string') return new SourceUnavailable('the call was broken off');
  return new SourceUnavailable(code, { kind: NEVER_SENT.has(code) ? 'never-billed' : 'maybe-billed' });
}
