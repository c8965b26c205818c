import { topics, type WarmupEstimates } from '@porchlight/contracts';
import { isStored, type EstimateCache, type FillAnswer } from '@porchlight/estimate-cache';
import type { Clock, TaskDefinition, Topic } from '@porchlight/stream';
import { warmupTimeOf, type WarmupTime } from './warmup-times.ts';

export interface DataWriterPorts {
  readonly cache: Pick<EstimateCache, 'fill'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly count: (outcome: FillAnswer['outcome'], homes: number) => void;
  readonly onWarm: (time: WarmupTime) => void;
  /** Another topic for tests on a shared Kafka. */
  readonly input?: Topic<WarmupEstimates>;
}

/** Records of one partition that are filled at once, each a round trip of its own. */
const CONCURRENT_RECORDS_MAX = 16;

/**
 * Fills the cache with what was fetched, if the ticket still allows it.
 *
 * In    warmup.estimates, by tile, order given up; nothing is dropped for being late: the ticket decides
 * Out   the cache
 * Loss  none: a redelivered record fills again, and what is stored is as new already. A refused home is dropped: this app
 *       has no database to read newer facts from, and the next who needs the home fetches it
 */
export function createDataWriter({
  cache,
  clock,
  count,
  onWarm,
  input,
}: DataWriterPorts): TaskDefinition<WarmupEstimates> {
  return {
    inputs: [input ?? topics.warmupEstimates],
    // Fills commute: the ticket and the versions decide, not who comes first.
    order: { concurrentRecordsMax: CONCURRENT_RECORDS_MAX, keyOrder: 'given-up' },
    startFrom: 'earliest',
    // What is here is paid for, and the ticket decides whether it is still wanted: nothing is skipped for being late.
    catchUp: 'all',
    createTask: () => ({
      async process({ value }, collector) {
        const answers = await cache.fill(value.items.map((item) => ({ ...item, class: 'w' as const })));
        const writtenAt = clock.now();
        answers.forEach((answer, at) => {
          const item = value.items[at];
          count(answer.outcome, 1);
          if (item !== undefined && isStored(answer.outcome)) onWarm(warmupTimeOf(value, item, writtenAt));
        });
        if (!answers.some(({ outcome }) => isStored(outcome))) collector.drop('refused');
      },
    }),
  };
}
