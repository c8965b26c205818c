import { Pool, type Dispatcher } from 'undici';
import { ANSWER_BYTES_MAX, SOURCE_ITEMS_MAX, SYNC_TIMEOUT_MS } from '../limits.ts';
import type { EstimateSource, SourceAnswer } from '../port.ts';
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
  /** Connections at once; a further call waits, and its time runs. Default 16. */
  readonly connectionsMax?: number;
  /** A longer answer is cut off and refused. Default ANSWER_BYTES_MAX. */
  readonly answerBytesMax?: number;
}

const CONNECTIONS_MAX = 16;
const PATH = '/v1/estimates:batchGet';

/** The upstream valuation API over HTTP (design.md section 5). One request a call, no retries: who pays decides that. */
export function httpEstimateSource(options: HttpEstimateSourceOptions): EstimateSource & { close(): Promise<void> } {
  const { url, apiKey, timeoutMs = SYNC_TIMEOUT_MS, connectionsMax = CONNECTIONS_MAX } = options;
  const { answerBytesMax = ANSWER_BYTES_MAX } = options;
  const base = new URL(url);
  const path = base.pathname.replace(/\/+$/, '') + PATH;
  const headers = { 'content-type': 'application/json', accept: 'application/json', 'x-api-key': apiKey };
  const pool = new Pool(base.origin, { connections: connectionsMax, pipelining: 1 });

  const call = async (propertyIds: readonly string[], signal: AbortSignal): Promise<SourceAnswer> => {
    const body = JSON.stringify({ propertyIds });
    const answer = await pool.request({ method: 'POST', path, headers, body, signal });
    if (answer.statusCode !== 200) throw await refusalOf(answer);
    return readAnswer(await readBody(answer.body, answerBytesMax), propertyIds);
  };

  return {
    async fetch(propertyIds, { timeoutMs: ownTimeoutMs = timeoutMs, signal: ownSignal } = {}) {
      if (propertyIds.length < 1 || propertyIds.length > SOURCE_ITEMS_MAX) {
        throw new RangeError(`1..${SOURCE_ITEMS_MAX} ids a call, not ${propertyIds.length}`);
      }
      const deadline = AbortSignal.timeout(ownTimeoutMs);
      const signal = ownSignal === undefined ? deadline : AbortSignal.any([deadline, ownSignal]);
      try {
        return await call(propertyIds, signal);
      } catch (error) {
        throw asSourceError(error, { timedOut: deadline.aborted, timeoutMs: ownTimeoutMs });
      }
    },
    close: () => pool.destroy(),
  };
}

async function refusalOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Error> {
  // Read away what is left (bounded), so that the connection can be used again.
  await body.dump({ limit: ANSWER_BYTES_MAX }).catch(() => undefined);
  if (statusCode === 429) return new SourceThrottled(retryAfterMs([headers['retry-after']].flat()[0]));
  if (statusCode >= 500) return new SourceUnavailable(`status ${statusCode}`);
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
  return new SourceUnavailable(typeof code === 'string' ? code : 'the call was broken off');
}
