import { setTimeout as delay } from 'node:timers/promises';
import { isReady, type ApiProcess } from '@porchlight/run';

const READY_POLL_MS = 100;
const ASK_MS = 10_000;
const PAUSE_MS = 5;

/** Callers behind a balancer that knows of its processes what their /readyz says, and sends no request twice. */
export interface BalancedLoad {
  /** How many requests each process has answered with 200, in the order of the processes. */
  answered(): readonly number[];
  /** Every request that was not: what came instead, and of whom. */
  failures(): readonly string[];
  /** The process gets requests now. */
  inRotation(at: number): boolean;
  /** Ends the load, and waits for what was asked. */
  stop(): Promise<void>;
}

export interface BalancedLoadOptions {
  readonly processes: readonly ApiProcess[];
  readonly callers: number;
  /** The next request: a path, and a body if it is posted. */
  readonly request: () => { readonly path: string; readonly body?: unknown };
}

/** Begins at once. */
export function startBalancedLoad({ processes, callers, request }: BalancedLoadOptions): BalancedLoad {
  const answered = processes.map(() => 0);
  const rotation = processes.map(() => false);
  const failures: string[] = [];
  let isOver = false;
  let turn = 0;

  const watch = async (at: number): Promise<void> => {
    while (!isOver) {
      rotation[at] = await isReady((processes[at] as ApiProcess).operationsUrl);
      await delay(READY_POLL_MS);
    }
  };
  const next = (): number | undefined => {
    for (let step = 0; step < processes.length; step += 1) {
      turn = (turn + 1) % processes.length;
      if (rotation[turn] === true) return turn;
    }
    return undefined;
  };
  const ask = async (at: number): Promise<void> => {
    const { path, body } = request();
    const init: RequestInit =
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    try {
      const url = `${(processes[at] as ApiProcess).url}${path}`;
      const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(ASK_MS) });
      const text = await answer.text();
      if (answer.status === 200) answered[at] = (answered[at] ?? 0) + 1;
      else failures.push(`process ${at}: ${answer.status} ${text}`);
    } catch (thrown) {
      const { message, cause } = thrown as Error;
      failures.push(`process ${at}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`);
    }
  };
  const call = async (): Promise<void> => {
    while (!isOver) {
      const at = next();
      if (at !== undefined) await ask(at);
      await delay(PAUSE_MS);
    }
  };
  const running = [...processes.map((_process, at) => watch(at)), ...Array.from({ length: callers }, call)];
  return {
    answered: () => [...answered],
    failures: () => [...failures],
    inRotation: (at) => rotation[at] === true,
    async stop() {
      isOver = true;
      await Promise.all(running);
    },
  };
}
