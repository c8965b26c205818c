import { Pool } from 'undici';
import { headersOf, pathOf } from './api-request.ts';
import type { PlannedCall } from './planned-call.ts';
import type { ViewerRole } from './workload.ts';

/** The bearer token of a role; undefined for a viewer who is not registered. */
export type TokenOf = (role: ViewerRole) => Promise<string | undefined> | string | undefined;

/** An answer as it came, unread: reading a map takes a millisecond that is not the API's. */
export interface RawAnswer {
  readonly httpStatus: number;
  readonly text: string;
}

export interface ApiSender {
  /** @returns when the last byte is here */
  send(call: PlannedCall, signal: AbortSignal): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** Far past every deadline of the API: an answer that takes longer is a failure. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Sends calls over a pool of connections, one call a connection at a time, so that none waits behind another. */
export function createApiSender(
  apiUrl: string,
  { connections, tokenOf, deadlineMs }: { connections: number; tokenOf: TokenOf; deadlineMs?: number | undefined },
): ApiSender {
  const pool = new Pool(new URL(apiUrl).origin, {
    connections,
    pipelining: 1,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });
  return {
    async send(call, signal) {
      const token = await tokenOf(call.role);
      const request = {
        method: 'GET',
        path: pathOf(call, deadlineMs),
        headers: headersOf(call, token),
        signal,
      } as const;
      const { statusCode, body } = await pool.request(request);
      return { httpStatus: statusCode, text: await body.text() };
    },
    close: () => pool.destroy(),
  };
}
