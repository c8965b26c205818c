import { STATUS_CODES } from 'node:http';
import { CACHE_CONTROL, VARY } from './cache-fields.ts';
import { KEEP_ALIVE_MS, RETRY_AFTER_SPREAD_SECONDS } from './limits.ts';
import { Problem, problemDocument, PROBLEM_TYPE, problems } from './problem.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

const MS_PER_SECOND = 1_000;

/** One for all: an error costs more than the rest of a refusal. */
const overloaded = new Problem('overloaded');
const { status } = problems[overloaded.code];
const statusLine = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`;
/** What Node says by itself where it writes the head. */
const kept = ['connection: keep-alive', `keep-alive: timeout=${KEEP_ALIVE_MS / MS_PER_SECOND}`];

/** What tells a caller that there is no time for it. */
export interface Refusal {
  readonly status: number;
  /** Names and values by turns. */
  readonly fields: string[];
  readonly body: string;
}

/** Whom it is told. */
export interface Refused {
  readonly requestId: string;
  readonly origin: string | undefined;
}

/** @param corsOrigins  origins whose pages may read why */
export function createRefusals(corsOrigins: readonly string[]): (refused: Refused) => Refusal {
  const origins = new Set(corsOrigins);
  let count = 0;
  return ({ requestId, origin }) => {
    const body = problemDocument(overloaded, requestId);
    count += 1;
    const fields = [
      ...['content-type', PROBLEM_TYPE, 'content-length', String(Buffer.byteLength(body))],
      ...['cache-control', CACHE_CONTROL, 'vary', VARY, REQUEST_ID_HEADER, requestId],
      // Not all at once: who was refused together would come together.
      ...['retry-after', String(1 + (count % RETRY_AFTER_SPREAD_SECONDS))],
    ];
    // A page may read why; else its browser tells it of a broken network.
    if (origin !== undefined && origins.has(origin)) {
      fields.push('access-control-allow-origin', origin, 'access-control-expose-headers', 'retry-after');
    }
    return { status, fields, body };
  };
}

/** A refusal as it goes over a connection that is kept. */
export function refusalBytes({ fields, body }: Refusal): string {
  let head = statusLine;
  for (let at = 0; at < fields.length; at += 2) head += `\r\n${fields[at]}: ${fields[at + 1]}`;
  return `${head}\r\n${kept.join('\r\n')}\r\n\r\n${body}`;
}
