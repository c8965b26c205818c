import { setTimeout as delay } from 'node:timers/promises';
import type { EstimateCache } from '@porchlight/estimate-cache';
import { monotonicNow } from '../../processes/monotonic-now.ts';
import type { Change } from './member-protocol.ts';
import { ask, tell } from './world-client.ts';

const IDLE_MS = 20;
const RETRY_MS = 50;

async function applyOnce(cache: EstimateCache, change: Change): Promise<void> {
  if (change.kind === 'estimate') {
    const { propertyId, estimate } = change;
    const { estimateVersion, valueUsd, lowUsd, highUsd, computedAt } = estimate;
    await cache.update([{ propertyId, estimateVersion, estimate: { valueUsd, lowUsd, highUsd, computedAt } }]);
    return;
  }
  const { propertyId, visibilityVersion: version } = change;
  const [outcome = 'absent'] = await cache.invalidate([{ propertyId, visibilityVersion: version }]);
  tell({ kind: 'acknowledged', propertyId, version, at: monotonicNow(), outcome });
}

/** A change that cannot be applied is tried until it is: nothing is committed before it is applied. */
async function apply(cache: EstimateCache, change: Change): Promise<void> {
  for (;;) {
    try {
      return await applyOnce(cache, change);
    } catch (error) {
      tell({ kind: 'error', code: (error as { code?: string }).code ?? 'UNKNOWN', command: change.kind });
      await delay(RETRY_MS);
    }
  }
}

/** Applies the log of changes from what was committed last, each batch before its commit. */
export async function applyChanges(
  cache: EstimateCache,
  { holdsCommit, isResting }: { holdsCommit: boolean; isResting: () => boolean },
): Promise<void> {
  while (!isResting()) {
    const { from, changes } = await ask({ what: 'changes' });
    if (changes.length === 0) {
      await delay(IDLE_MS);
      continue;
    }
    await Promise.all(changes.map((change) => apply(cache, change)));
    if (holdsCommit) {
      tell({ kind: 'held', changes: changes.length });
      return;
    }
    await ask({ what: 'commit', offset: from + changes.length });
  }
}
