import type { EstimateCache } from '../../port.ts';
import { coalesce } from './coalesce.ts';

/**
 * A cache whose concurrent callers share batches: that is how many histories share a round trip. Nobody is asked twice for one home
 * in a batch, since each history has homes of its own and awaits each step.
 */
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
