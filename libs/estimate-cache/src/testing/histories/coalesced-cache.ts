import type { EstimateCache } from '../../port.ts';

interface Waiting<Request, Answer> {
  readonly requests: readonly Request[];
  readonly resolve: (answers: Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Turns calls of one turn of the event loop into one call with all their requests, in order: that is how many histories
 * share a round trip. Nobody is asked twice for one home in it, since each history has homes of its own and awaits each step.
 */
function coalesce<Request, Answer>(
  ask: (requests: readonly Request[]) => Promise<Answer[]>,
): (requests: readonly Request[]) => Promise<Answer[]> {
  let waiting: Waiting<Request, Answer>[] = [];
  const flush = async (): Promise<void> => {
    const asked = waiting;
    waiting = [];
    try {
      const answers = await ask(asked.flatMap(({ requests }) => requests));
      let at = 0;
      for (const { requests, resolve } of asked) resolve(answers.slice(at, (at += requests.length)));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  };
  return (requests) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(() => void flush());
      waiting.push({ requests, resolve, reject });
    });
}

/** A cache whose concurrent callers share batches. */
export function coalescedCache(inner: EstimateCache): EstimateCache {
  const acquireFor = {
    s: coalesce((requests: Parameters<EstimateCache['acquire']>[0]) => inner.acquire(requests, 's')),
    w: coalesce((requests: Parameters<EstimateCache['acquire']>[0]) => inner.acquire(requests, 'w')),
  };
  const release = coalesce((leases: Parameters<EstimateCache['release']>[0]) =>
    inner.release(leases).then(() => leases.map(() => null)),
  );
  const forget = coalesce((flights: Parameters<EstimateCache['forget']>[0]) =>
    inner.forget(flights).then(() => flights.map(() => null)),
  );
  return {
    read: coalesce((ids: readonly string[]) => inner.read(ids)),
    acquire: (requests, leaseClass) => acquireFor[leaseClass](requests),
    fill: coalesce((requests: Parameters<EstimateCache['fill']>[0]) => inner.fill(requests)),
    release: async (leases) => void (await release(leases)),
    forget: async (flights) => void (await forget(flights)),
    invalidate: coalesce((changes: Parameters<EstimateCache['invalidate']>[0]) => inner.invalidate(changes)),
    update: coalesce((changes: Parameters<EstimateCache['update']>[0]) => inner.update(changes)),
    touch: coalesce((checks: Parameters<EstimateCache['touch']>[0]) => inner.touch(checks)),
    recheck: coalesce((requests: Parameters<EstimateCache['recheck']>[0]) => inner.recheck(requests)),
  };
}
