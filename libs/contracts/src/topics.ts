import type {
  EstimateUpdated,
  ListingStatusChanged,
  MlsRuleChanged,
  SessionView,
  SellerOverrideChanged,
  ViewportViewed,
  WarmupCandidates,
  WarmupEstimates,
  WarmupRequests,
} from './generated/records.ts';

/** A topic with the type of its values. A topic object is the only way to name a topic. */
export interface Topic<V> {
  readonly name: string;
  readonly partitions: number;
  /** Milliseconds that a record is kept. */
  readonly retentionMs: number;
  readonly cleanup: 'delete' | 'compact';
  /** What the registry enforces: full for what other teams read or write, backward inside the pipeline. */
  readonly compatibility: 'FULL_TRANSITIVE' | 'BACKWARD_TRANSITIVE';
  /** Whose schema its values have, where that is not the topic's own name: a topic that a test names anew. */
  readonly schema?: string;
  /** Carries the type of the value; never present at run time. */
  readonly __value?: V;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const shared = { cleanup: 'delete', compatibility: 'FULL_TRANSITIVE' } as const;
const internal = { cleanup: 'delete', compatibility: 'BACKWARD_TRANSITIVE', retentionMs: HOUR_MS } as const;

const topic = <V>(fields: Topic<V>): Topic<V> => fields;

/** Every topic of Porchlight, and the only place that spells one. */
export const topics = {
  viewportViewed: topic<ViewportViewed>({
    ...shared,
    name: 'map.viewport-viewed',
    partitions: 6,
    retentionMs: 7 * DAY_MS,
  }),
  warmupCandidates: topic<WarmupCandidates>({ ...internal, name: 'warmup.candidates', partitions: 24 }),
  warmupRequests: topic<WarmupRequests>({ ...internal, name: 'warmup.requests', partitions: 12 }),
  warmupEstimates: topic<WarmupEstimates>({ ...internal, name: 'warmup.estimates', partitions: 12 }),
  mlsRuleChanged: topic<MlsRuleChanged>({
    ...shared,
    name: 'visibility.mls-rule-changed',
    partitions: 3,
    retentionMs: 14 * DAY_MS,
    cleanup: 'compact',
  }),
  sellerOverrideChanged: topic<SellerOverrideChanged>({
    ...shared,
    name: 'visibility.seller-override-changed',
    partitions: 12,
    retentionMs: 14 * DAY_MS,
  }),
  listingStatusChanged: topic<ListingStatusChanged>({
    ...shared,
    name: 'listing.status-changed',
    partitions: 12,
    retentionMs: 14 * DAY_MS,
  }),
  estimateUpdated: topic<EstimateUpdated>({
    ...shared,
    name: 'estimate.updated',
    partitions: 12,
    retentionMs: 14 * DAY_MS,
  }),
  /** The forecaster's state: a partition for each of its input. */
  forecasterChangelog: topic<SessionView>({
    ...internal,
    name: 'porchlight.forecaster.changelog',
    partitions: 6,
    retentionMs: DAY_MS,
    cleanup: 'compact',
  }),
} as const;

/**
 * Of every changelog: how long the broker leaves records as they were written. What a zombie wrote over is found and written again within this
 * time of its flush (libs/stream/src/state/README.md); compaction before that would have dropped the true value.
 */
export const CHANGELOG_UNCOMPACTED_MS = HOUR_MS;

/** @returns whether a topic is the changelog of a group's state */
export const isChangelog = (name: string): boolean => name.endsWith('.changelog');

/** The apps that consume, each with its own group and dead letters. */
export const streamApps = ['forecaster', 'request-filter', 'data-fetcher', 'data-writer', 'invalidator'] as const;

/** @returns the same topic under another name, as a test needs on a broker that it shares; its values keep their schema */
export const renamedTopic = <V>(topic: Topic<V>, name: string): Topic<V> => ({
  ...topic,
  name,
  schema: topic.schema ?? topic.name,
});

/** @returns the consumer group of an app, `porchlight.<app>` */
export const groupOf = (app: string): string => `porchlight.${app}`;

/** @returns the name of an app's dead-letter topic */
export const deadLetterTopicOf = (app: string): string => `${groupOf(app)}.dlq`;

export const DEAD_LETTER_RETENTION_MS = 14 * DAY_MS;

/** @returns where it is kept what became of an app's dead letters: who replayed or discarded which, and when */
export const settledTopicOf = (app: string): string => `${deadLetterTopicOf(app)}.settled`;

/** Twice as long as the letters: a letter must never outlive the word that it was replayed, or it would be replayed again. */
export const SETTLED_RETENTION_MS = 2 * DEAD_LETTER_RETENTION_MS;
