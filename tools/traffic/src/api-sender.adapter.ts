import { Pool } from 'undici';
import { readAnswer, type ApiAnswer } from './api-answer.ts';
import { headersOf, pathOf } from './api-request.ts';
import type { PlannedCall } from './planned-call.ts';
import type { ViewerRole } from './workload.ts';

/** The bearer token of a role; undefined for a viewer who is not registered. */
export type TokenOf = (role: ViewerRole) => Promise<string | undefined> | string | undefined;

export interface ApiSender {
  send(call: PlannedCall, signal: AbortSignal): Promise<ApiAnswer>;
  close(): Promise<void>;
}

/** Far past every deadline of the API: an answer that takes longer is a failure. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Sends calls over a pool of connections, one call a connection at a time, so that none waits behind another. */
export function createApiSender(
  apiUrl: string,
  { connections, tokenOf }: { connections: number; tokenOf: TokenOf },
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
      const request = { method: 'GET', path: pathOf(call), headers: headersOf(call, token), signal } as const;
      const { statusCode, body } = await pool.request(request);
      return readAnswer(call.kind, statusCode, await body.text());
    },
    close: () => pool.destroy(),
  };
}
