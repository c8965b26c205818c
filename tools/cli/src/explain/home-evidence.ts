import type { Facts } from '@porchlight/contracts';
import {
  bucketOf,
  CacheUnavailable,
  feedMarkOf,
  type FeedMark,
  type HomeInspection,
  type HomeInspector,
  type MarkStore,
} from '@porchlight/estimate-cache';
import type { MlsRule, PropertyCatalog, RelayProgressReader } from '@porchlight/property-catalog';

/** What is known of a home at one time, everywhere. */
export interface HomeEvidence {
  readonly propertyId: string;
  readonly cached: HomeInspection;
  /** What the feed says of the home's bucket; null: nobody can say. */
  readonly mark: FeedMark | null;
  /** From the database; null: there is no such home. */
  readonly facts: Facts | null;
  readonly rules: ReadonlyMap<string, MlsRule>;
  /** The primary's clock, UTC milliseconds. */
  readonly databaseNow: number;
}

export interface EvidencePorts {
  readonly inspector: HomeInspector;
  readonly marks: Pick<MarkStore, 'read'>;
  readonly catalog: Pick<PropertyCatalog, 'factsOf' | 'mlsRules'> & RelayProgressReader;
}

/**
 * Looks everywhere; changes nothing. The mark is taken before the value is read: a mark that is younger than the value it
 * vouches for may know of a change that the value does not.
 *
 * @throws {CacheUnavailable} if the node that has the home does not answer; {CatalogUnavailable}
 */
export async function gatherEvidence(ports: EvidencePorts, propertyId: string): Promise<HomeEvidence> {
  const { inspector, marks, catalog } = ports;
  const [readings, progress] = await Promise.all([marks.read(), catalog.relayProgress()]);
  const [cached] = await inspector.inspect([propertyId]);
  if (cached === undefined || cached === null) throw new CacheUnavailable(`the node that has ${propertyId} is away`);
  const [facts, { rules, readAt }] = await Promise.all([catalog.factsOf([propertyId]), catalog.mlsRules()]);
  const reading = readings[bucketOf(propertyId)] ?? null;
  return {
    propertyId,
    cached,
    mark: reading === null || progress === null ? null : feedMarkOf(reading, progress),
    facts: facts.get(propertyId) ?? null,
    rules: new Map(rules.map((rule) => [rule.mlsId, rule])),
    databaseNow: readAt,
  };
}
