import {
  partialAnswers,
  type EstimateCache,
  type HomeInspector,
  type InvalidateOutcome,
} from '@porchlight/estimate-cache';
import type { PropertyCatalog } from '@porchlight/property-catalog';
import { CliError } from '../cli-error.ts';
import { batchesOf } from '../homes/in-batches.ts';
import type { Progress } from '../terminal/progress.ts';
import { sayMany } from '../terminal/say-span.ts';
import { planInvalidation, type PlannedInvalidation } from './plan-invalidation.ts';

export interface InvalidationPorts {
  readonly cache: Pick<EstimateCache, 'invalidate'>;
  readonly inspector: HomeInspector;
  readonly catalog: Pick<PropertyCatalog, 'factsOf'>;
}

/** @returns what would become of each home; changes nothing @throws {CacheUnavailable}, {CatalogUnavailable} */
export async function lookBefore(
  { inspector, catalog }: Omit<InvalidationPorts, 'cache'>,
  propertyIds: readonly string[],
): Promise<PlannedInvalidation[]> {
  const planned: PlannedInvalidation[] = [];
  for (const batch of batchesOf(propertyIds)) {
    const facts = await catalog.factsOf(batch);
    planned.push(...planInvalidation(batch, facts, await inspector.inspect(batch)));
  }
  return planned;
}

export type Outcomes = Readonly<Record<InvalidateOutcome, number>>;

/**
 * INVALIDATE each home at the version that the database has now, batch by batch. It may be said again at any time.
 *
 * @param stopped no batch begins after that; the homes left are an error, and the same command again goes on
 * @throws {CliError} INVALIDATION_INCOMPLETE with how many are left
 */
export async function invalidateHomes(
  { cache, catalog }: Omit<InvalidationPorts, 'inspector'>,
  propertyIds: readonly string[],
  { progress, stopped }: { progress: Progress; stopped: AbortSignal },
): Promise<Outcomes> {
  const outcomes: Record<InvalidateOutcome, number> = { already: 0, removed: 0, fenced: 0, absent: 0 };
  let left = 0;
  for (const batch of batchesOf(propertyIds)) {
    if (stopped.aborted) {
      left += batch.length;
      continue;
    }
    const facts = await catalog.factsOf(batch);
    const changes = [...facts].map(([propertyId, { visibilityVersion }]) => ({ propertyId, visibilityVersion }));
    const answers = changes.length === 0 ? [] : await partialAnswers(cache.invalidate(changes));
    for (const answer of answers)
      if (answer === null) left += 1;
      else outcomes[answer] += 1;
    progress.advance(batch.length);
  }
  progress.end();
  if (left > 0)
    throw new CliError(
      'INVALIDATION_INCOMPLETE',
      `${sayMany(left, 'home')} not invalidated (${stopped.aborted ? 'you stopped it' : 'their node of Redis does not answer'}); the same command again does those too, and harms nothing`,
    );
  return outcomes;
}
