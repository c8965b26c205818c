import type { ServiceContext } from '@porchlight/service';
import type { Clock } from '@porchlight/stream';
import type { FeedReport } from './change-feed.ts';
import type { config } from './config.ts';
import type { MarkLoopPorts } from './mark-loop.ts';

type Telemetry = ServiceContext<typeof config>['telemetry'];

const MS_PER_SECOND = 1_000;

/** What the marks tell, as metrics and log lines. */
export function feedTelemetry(
  { log, metrics }: Pick<Telemetry, 'log' | 'metrics'>,
  clock: Clock,
): FeedReport & { readonly rounds: Pick<MarkLoopPorts, 'onWaiting' | 'onRecovered'>; end(): void } {
  const marks = metrics.counter('porchlight.invalidator.marks');
  const replayed = metrics.counter('porchlight.invalidator.replayed');
  let appliedAt: number | null = null;
  const readAge = () => (appliedAt === null ? [] : [{ value: (clock.now() - appliedAt) / MS_PER_SECOND }]);
  const end = metrics.gauge('porchlight.invalidator.watermark.age').observe(readAge);
  return {
    marked: (outcome, amount) => marks.add(amount, { outcome }),
    replayed({ topic, partition }, records) {
      replayed.add(records, { topic });
      log.warn({ topic, partition, records }, 'Redis has forgotten what was applied: it is applied again');
    },
    lost: ({ topic, partition }, buckets) =>
      log.error(
        { topic, partition, buckets, code: 'CHANGES_LOST' },
        'what Redis has forgotten is in the log no more: everything in these buckets is checked once more',
      ),
    appliedUntil: (at) => void (appliedAt = at),
    rounds: {
      onWaiting: (code) => log.warn({ code }, 'no marks are written: the database is asked for each hit meanwhile'),
      onRecovered: () => log.info({}, 'marks are written again'),
    },
    end,
  };
}
