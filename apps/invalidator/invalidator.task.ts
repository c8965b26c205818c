import {
  topics,
  type EstimateUpdated,
  type ListingStatusChanged,
  type MlsRuleChanged,
  type SellerOverrideChanged,
} from '@porchlight/contracts';
import {
  bucketOf,
  type EstimateCache,
  type InvalidateOutcome,
  type UpdateOutcome,
  type VersionedChange,
} from '@porchlight/estimate-cache';
import type { PropertyCatalog } from '@porchlight/property-catalog';
import type { RawRecord, StreamRecord, TaskDefinition, Topic, TopicPartition } from '@porchlight/stream';
import type { FeedHooks } from './change-feed.ts';
import { KeyMismatch } from './key-mismatch.ts';
import { propertyIdIn } from './property-id-in.ts';

/**
 * `counted`: nothing was to be done. `passed_over`: the home's bucket cannot be reached; it comes again when it can. `unreadable_key`: a visibility record
 * whose home nobody can name; somebody must look.
 */
export type ChangeOutcome = InvalidateOutcome | UpdateOutcome | 'counted' | 'passed_over' | 'unreadable_key';

/** What each kind of change is read from; tests on a shared Kafka give others. */
export interface ChangeTopics {
  readonly listingStatusChanged: Topic<ListingStatusChanged>;
  readonly sellerOverrideChanged: Topic<SellerOverrideChanged>;
  readonly mlsRuleChanged: Topic<MlsRuleChanged>;
  readonly estimateUpdated: Topic<EstimateUpdated>;
}

/** A change whose effect Redis has acknowledged, also one that came again. */
export interface AppliedChange {
  readonly topic: string;
  readonly propertyId: string;
  /** `facts`: its visibilityVersion was invalidated; `estimate`: its estimateVersion was updated. */
  readonly half: 'facts' | 'estimate';
  readonly version: number;
  readonly outcome: InvalidateOutcome | UpdateOutcome;
}

export interface InvalidatorPorts {
  readonly cache: Pick<EstimateCache, 'invalidate' | 'update'>;
  readonly catalog: Pick<PropertyCatalog, 'factsOf'>;
  readonly feed: FeedHooks;
  /** Records of one partition that are applied at once. Changes commute, so their order does not matter. */
  readonly concurrentRecordsMax: number;
  readonly count: (topic: string, outcome: ChangeOutcome) => void;
  /** Told of each change whose effect is acknowledged; cheap, and never throws. Default: nobody wants to know. */
  readonly onApplied?: (change: AppliedChange) => void;
  readonly onUnreadableKey: (at: { topic: string; partition: number; offset: string }) => void;
  readonly streams?: ChangeTopics;
}

/** Applies changes and counts what they did. */
class Applier {
  readonly #ports: InvalidatorPorts;

  constructor(ports: InvalidatorPorts) {
    this.#ports = ports;
  }

  async invalidate(at: TopicPartition, { propertyId, visibilityVersion }: VersionedChange): Promise<void> {
    if (this.#passesOver(at, propertyId)) return;
    const [outcome] = await this.#ports.cache.invalidate([{ propertyId, visibilityVersion }]);
    if (outcome !== undefined)
      this.#applied({ topic: at.topic, propertyId, half: 'facts', version: visibilityVersion, outcome });
  }

  async update(at: TopicPartition, { propertyId, estimateVersion, estimate }: EstimateUpdated): Promise<void> {
    if (this.#passesOver(at, propertyId)) return;
    const [outcome] = await this.#ports.cache.update([{ propertyId, estimateVersion, estimate }]);
    if (outcome !== undefined)
      this.#applied({ topic: at.topic, propertyId, half: 'estimate', version: estimateVersion, outcome });
  }

  /** A node that is away holds up its own homes, not the partition: its buckets are replayed from what they remember when they are back. */
  #passesOver(at: TopicPartition, propertyId: string): boolean {
    const { feed, count } = this.#ports;
    const bucket = bucketOf(propertyId);
    if (!feed.isAway(bucket)) return false;
    feed.passOver(at, bucket);
    count(at.topic, 'passed_over');
    return true;
  }

  #applied(change: AppliedChange): void {
    this.#ports.count(change.topic, change.outcome);
    this.#ports.onApplied?.(change);
  }

  /**
   * A visibility record that cannot be applied still names its home: the primary says what is true now, and that is
   * invalidated before the record is parked. The record itself came after its change was committed, so what is read here is
   * at least as new. One that names no home concerns them all: everything is checked once more.
   */
  async payBeforePark(raw: RawRecord): Promise<void> {
    const { topic, partition } = raw;
    const { catalog, count, feed, onUnreadableKey } = this.#ports;
    const propertyId = propertyIdIn(raw.key);
    if (propertyId === null) {
      await feed.raiseSince();
      count(topic, 'unreadable_key');
      onUnreadableKey({ topic, partition, offset: String(raw.offset) });
      return;
    }
    const facts = (await catalog.factsOf([propertyId])).get(propertyId);
    // A home that never was has no value to remove.
    if (facts !== undefined)
      await this.invalidate({ topic, partition }, { propertyId, visibilityVersion: facts.visibilityVersion });
  }
}

/** Above the default of the others. */
const VISIBILITY_PRIORITY = 1;

type VisibilityChange = ListingStatusChanged | SellerOverrideChanged;

/** Key and value that name two homes: the value's is invalidated here, the key's when the record is parked for it. */
async function applyVisibility(applier: Applier, at: TopicPartition, { key, value }: StreamRecord<VisibilityChange>) {
  await applier.invalidate(at, value);
  if (key !== value.propertyId) throw new KeyMismatch(at.topic);
}

/**
 * Removes or updates what a change made untrue. It applies, then commits; it never skips to now.
 *
 * In    visibility.seller-override-changed and listing.status-changed: INVALIDATE with the version;
 *       estimate.updated: UPDATE; visibility.mls-rule-changed: counted, since estimate-api polls the rules
 * Out   the cache
 * Loss  none: a redelivered event removes no value that is new enough; what a bucket of Redis has forgotten is replayed to it
 */
export function createInvalidator(ports: InvalidatorPorts): TaskDefinition<unknown>[] {
  const { concurrentRecordsMax, count, feed, streams = topics } = ports;
  const applier = new Applier(ports);
  const order = { concurrentRecordsMax, keyOrder: 'given-up' } as const;
  // Every change is applied, however old: one that was skipped would leave in the cache what must not be shown. No variable can say otherwise.
  const all = { order, startFrom: 'earliest', catchUp: 'all' } as const;
  // Where each bucket of Redis has come to is kept there: the group's offset is only the lowest of them.
  const positions: Pick<TaskDefinition<unknown>, 'startAt' | 'commitAtMost'> = {
    startAt: (at, range) => feed.startAt(at, range),
    commitAtMost: (at) => feed.commitAtMost(at),
  };
  const shared = { ...all, ...positions };
  const visibility: TaskDefinition<VisibilityChange> = {
    ...shared,
    inputs: [streams.listingStatusChanged, streams.sellerOverrideChanged],
    // What must not be seen goes before what is merely worth more or less now.
    priority: VISIBILITY_PRIORITY,
    beforePark: (raw) => applier.payBeforePark(raw),
    createTask: (at) => ({ process: (record) => applyVisibility(applier, at, record) }),
  };
  const estimates: TaskDefinition<EstimateUpdated> = {
    ...shared,
    inputs: [streams.estimateUpdated],
    createTask: (at) => ({ process: ({ value }) => applier.update(at, value) }),
  };
  const rules: TaskDefinition<MlsRuleChanged> = {
    ...shared,
    inputs: [streams.mlsRuleChanged],
    createTask: ({ topic }) => ({ process: () => count(topic, 'counted') }),
  };
  return [visibility, estimates, rules] as TaskDefinition<unknown>[];
}
