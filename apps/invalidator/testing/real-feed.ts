import { topics } from '@porchlight/contracts';
import type { EstimateCacheConnection } from '@porchlight/estimate-cache';
import type { connectCatalog } from '@porchlight/property-catalog';
import { systemClock, type StreamApp, type TaskDefinition } from '@porchlight/stream';
import { ChangeFeed, type MarkOutcome } from '../change-feed.ts';
import { createInvalidator, type ChangeTopics, type InvalidatorPorts } from '../invalidator.task.ts';
import { MarkLoop } from '../mark-loop.ts';

const EVERY_MS = 500;

const { listingStatusChanged, sellerOverrideChanged, mlsRuleChanged, estimateUpdated } = topics;
/** What an invalidator reads, as the contracts have it. */
export const changeTopics = { listingStatusChanged, sellerOverrideChanged, mlsRuleChanged, estimateUpdated };

export interface RealFeedPorts {
  readonly redis: Pick<EstimateCacheConnection, 'marks'> & { readonly cache: InvalidatorPorts['cache'] };
  readonly catalog: ReturnType<typeof connectCatalog>;
  readonly streams: ChangeTopics;
  /** Joins the group with these definitions. */
  readonly join: (definitions: readonly TaskDefinition<unknown>[]) => Promise<StreamApp>;
  readonly onFatal: (error: unknown) => void;
}

/** An invalidator as main.ts wires it, but for its names and its pace. */
export async function startRealFeed({ redis, catalog, streams, join, onFatal }: RealFeedPorts) {
  const told = { marked: new Set<MarkOutcome>(), replayed: 0, lost: 0, counted: [] as string[] };
  const timed = [streams.listingStatusChanged, streams.sellerOverrideChanged, streams.mlsRuleChanged];
  const feed = new ChangeFeed({
    store: redis.marks,
    relay: catalog,
    databaseNow: async () => (await catalog.mlsRules()).readAt,
    timedTopics: timed.map(({ name }) => name),
    report: {
      marked: (outcome) => void told.marked.add(outcome),
      replayed: (_at, records) => void (told.replayed += records),
      lost: (_at, buckets) => void (told.lost += buckets),
      appliedUntil: () => undefined,
    },
  });
  const app = await join(
    createInvalidator({
      cache: redis.cache,
      catalog,
      feed,
      concurrentRecordsMax: 16,
      count: (_topic, outcome) => void told.counted.push(outcome),
      onUnreadableKey: () => undefined,
      streams,
    }),
  );
  feed.attach(app);
  const round = (): Promise<void> => feed.round();
  const quiet = (): void => undefined;
  const ports = { clock: systemClock, everyMs: EVERY_MS, round, onWaiting: quiet, onRecovered: quiet, onFatal };
  const loop = new MarkLoop(ports);
  return {
    app,
    told,
    async stop(): Promise<void> {
      await app.stop();
      await loop.stop();
    },
  };
}
