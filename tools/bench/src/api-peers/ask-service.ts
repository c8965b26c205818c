import { Agent, request } from 'node:http';

/** Past every deadline and every call of the seller: what takes longer is a failure. */
const ANSWER_MS = 15_000;
const CONNECTIONS_MAX = 128;
/** Enough of a problem document to know it by. */
const PROBLEM_CHARS = 80;
/** The longest there is: everybody here waits for a complete answer, as the peers, which know no deadline, always do. */
const DEADLINE_MS = 5_000;

export interface AnsweredHome {
  readonly propertyId: string;
  readonly status: string;
  readonly estimate?: { readonly computedAt: number };
}

/** A client of one service, with connections that stay open. */
export interface ServiceClient {
  /** One id: a single get; more: a batch. In the order asked for. @throws if the answer is not 200 */
  ask(propertyIds: readonly string[]): Promise<readonly AnsweredHome[]>;
  close(): void;
}

const single = (propertyId: string) => ({
  method: 'GET',
  path: `/v1/estimates/${propertyId}?deadlineMs=${DEADLINE_MS}`,
});
const batch = (propertyIds: readonly string[]) => ({
  method: 'POST',
  path: '/v1/estimates:batchGet',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ propertyIds, deadlineMs: DEADLINE_MS }),
});

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export function connectService(url: string): ServiceClient {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, maxFreeSockets: CONNECTIONS_MAX });
  const send = ({ method, path, headers = {}, body }: Sent): Promise<string> =>
    new Promise((resolve, reject) => {
      const asking = request(`${url}${path}`, { agent, method, headers, timeout: ANSWER_MS }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${method}: ${response.statusCode} ${text.slice(0, PROBLEM_CHARS)}`));
        });
      });
      asking.on('timeout', () => asking.destroy(new Error(`no answer in ${ANSWER_MS} ms`)));
      asking.on('error', reject);
      asking.end(body);
    });
  return {
    async ask(propertyIds) {
      const [first = ''] = propertyIds;
      if (propertyIds.length === 1) return [JSON.parse(await send(single(first))) as AnsweredHome];
      return (JSON.parse(await send(batch(propertyIds))) as { results: AnsweredHome[] }).results;
    },
    close: () => agent.destroy(),
  };
}
