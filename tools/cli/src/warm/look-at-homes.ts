import type { Facts } from '@porchlight/contracts';
import type { HomeInspection, HomeInspector } from '@porchlight/estimate-cache';
import type { PropertyCatalog } from '@porchlight/property-catalog';
import { batchesOf } from '../homes/in-batches.ts';
import type { HomeToWarm } from './find-homes.ts';
import type { WarmKnown } from './plan-warm.ts';

export interface LookPorts {
  readonly inspector: HomeInspector;
  readonly catalog: Pick<PropertyCatalog, 'factsOf' | 'mlsRules'>;
}

/** @returns what a plan needs to know of the homes; changes nothing @throws {CacheUnavailable}, {CatalogUnavailable} */
export async function lookAtHomes({ inspector, catalog }: LookPorts, homes: readonly HomeToWarm[]): Promise<WarmKnown> {
  const facts = new Map<string, Facts>();
  const found = new Map<string, HomeInspection | null>();
  const { rules } = await catalog.mlsRules();
  for (const batch of batchesOf(homes)) {
    const ids = batch.map(({ propertyId }) => propertyId);
    const [known, inspected] = await Promise.all([catalog.factsOf(ids), inspector.inspect(ids)]);
    for (const [id, each] of known) facts.set(id, each);
    ids.forEach((id, at) => found.set(id, inspected[at] ?? null));
  }
  return { facts, rules: new Map(rules.map((rule) => [rule.mlsId, rule])), found };
}
