import { Agent, request } from 'node:http';

const ANSWER_MS = 10_000;

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly tookMs: number;
}

/** Readers of one process: each with a connection that stays open, as a product's client keeps it. */
export function createReaders(url: string, readers: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: readers, maxFreeSockets: readers });
  const ask = (path: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const askedAt = performance.now();
      const asking = request(`${url}${path}`, { agent, timeout: ANSWER_MS }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            tookMs: performance.now() - askedAt,
          }),
        );
      });
      asking.on('timeout', () => asking.destroy(new Error(`no answer in ${ANSWER_MS} ms`)));
      asking.on('error', reject);
      asking.end();
    });
  return {
    /** The same question by all readers at once. */
    askAll: (path: string): Promise<Answer[]> => Promise.all(Array.from({ length: readers }, () => ask(path))),
    close: () => agent.destroy(),
  };
}
