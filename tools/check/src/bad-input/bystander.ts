import { Agent, get } from 'node:http';
import { HOMES } from './api-ground.ts';

/** Between two questions of the bystander. */
const PAUSE_MS = 20;
/** Longer than any answer may take: who waits so long is not served. */
const UNSERVED_MS = 15_000;

export interface Bystander {
  /** Resolves when so many more questions have been answered, or failed. */
  asked(more: number): Promise<void>;
  /** Asks no more. @returns how long each answer took, and what went wrong with those that did not come */
  stop(): Promise<{ readonly durationsMs: readonly number[]; readonly failures: readonly string[] }>;
}

/** Somebody who asks for one home after the other, on one connection at a time and now and then on a new one, as if nothing else went on. */
export function startBystander(url: string): Bystander {
  const durationsMs: number[] = [];
  const failures: string[] = [];
  let isStopped = false;
  const asking = (async () => {
    for (let turn = 0; !isStopped; turn += 1) {
      const startedAt = performance.now();
      const failure = await askOnce(`${url}/v1/estimates/${HOMES[turn % HOMES.length]}`);
      if (failure === null) durationsMs.push(performance.now() - startedAt);
      else failures.push(failure);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  const count = (): number => durationsMs.length + failures.length;
  return {
    async asked(more) {
      const until = count() + more;
      while (count() < until) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    },
    async stop() {
      isStopped = true;
      await asking;
      return { durationsMs, failures };
    },
  };
}

/** On a connection of its own: whoever is served already proves nothing of who comes anew. @returns what went wrong, or null */
function askOnce(url: string): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get(url, { agent: new Agent({ keepAlive: false }), timeout: UNSERVED_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => resolve(error.message));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const isServed = response.statusCode === 200 && /"status":"(available|pending)"/.test(body);
        resolve(isServed ? null : `${response.statusCode} ${body.slice(0, 200)}`);
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${UNSERVED_MS} ms`)));
    request.on('error', (error) => resolve(error.message));
  });
}
