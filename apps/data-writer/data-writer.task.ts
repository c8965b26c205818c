import { topics, type WarmupEstimates } from '@porchlight/contracts';
import {
  isStored,
  partialAnswers,
  type AnswersOf,
  type EstimateCache,
  type FillAnswer,
  type FillRequest,
} from '@porchlight/estimate-cache';
import type { Clock, StreamRecord, TaskDefinition, Topic } from '@porchlight/stream';
import type { UnreachedHome } from './unreached-homes.ts';
import { warmupTimeOf, type WarmupTime } from './warmup-times.ts';

/** `unreachable`: given up, because its node of Redis did not answer for as long as a ticket holds, or until the stop. */
export type WriterOutcome = FillAnswer['outcome'] | 'unreachable';

export interface DataWriterPorts {
  readonly cache: Pick<EstimateCache, 'fill'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly count: (outcome: WriterOutcome, homes: number) => void;
  readonly onWarm: (time: WarmupTime) => void;
  /** Takes the homes of a node of Redis that does not answer. */
  readonly unreached: {
    /** @throws an error of fate `retry` while too many wait: the partition waits with them */
    checkRoom(): void;
    hold(homes: readonly UnreachedHome[]): void;
  };
  /** Which homes were answered. Default: `partialAnswers`, for a Redis of one node. */
  readonly answersOf?: AnswersOf;
  /** Another topic for tests on a shared Kafka. */
  readonly input?: Topic<WarmupEstimates>;
}

type Estimates = StreamRecord<WarmupEstimates>['value'];

/** Records of one partition that are filled at once, each a round trip of its own. */
const CONCURRENT_RECORDS_MAX = 16;

/** What is told of a home's fill, whenever it is answered. */
const answerOf =
  ({ clock, count, onWarm }: DataWriterPorts, value: Estimates, item: Estimates['items'][number]) =>
  ({ outcome }: FillAnswer): void => {
    count(outcome, 1);
    if (isStored(outcome)) onWarm(warmupTimeOf(value, item, clock.now()));
  };

/** @returns the answers that came */
async function fill(ports: DataWriterPorts, value: Estimates): Promise<FillAnswer[]> {
  const { cache, unreached, answersOf = partialAnswers } = ports;
  const requests = value.items.map((item): FillRequest => ({ ...item, class: 'w' }));
  const answers = await answersOf(cache.fill(requests), requests.length);
  const answered: FillAnswer[] = [];
  const missed: UnreachedHome[] = [];
  value.items.forEach((item, at) => {
    const [request, answer] = [requests[at], answers[at]];
    const onAnswer = answerOf(ports, value, item);
    if (answer !== null && answer !== undefined) {
      onAnswer(answer);
      answered.push(answer);
    } else if (request !== undefined) missed.push({ request, onAnswer });
  });
  // Not the whole record once more: the homes of the other nodes would be written again and again, and the partition stand still for one node.
  if (missed.length > 0) unreached.hold(missed);
  return answered;
}

/**
 * Fills the cache with what was fetched, if the ticket still allows it.
 *
 * In    warmup.estimates, by tile, order given up; nothing is dropped for being late: the ticket decides
 * Out   the cache
 * Loss  none while Redis is down: the partition waits. While one of its nodes is, that node's homes wait in memory, and a crash takes them: a miss
 *       later; when too many do, the partitions wait. A redelivered record fills again, and what is stored is as new already. A refused home is dropped: this app has no database to read
 *       newer facts from, and the next who needs the home fetches it
 */
export function createDataWriter(ports: DataWriterPorts): TaskDefinition<WarmupEstimates> {
  return {
    inputs: [ports.input ?? topics.warmupEstimates],
    // Fills commute: the ticket and the versions decide, not who comes first.
    order: { concurrentRecordsMax: CONCURRENT_RECORDS_MAX, keyOrder: 'given-up' },
    startFrom: 'earliest',
    // What is here is paid for, and the ticket decides whether it is still wanted: nothing is skipped for being late.
    catchUp: 'all',
    createTask: () => ({
      async process({ value }, collector) {
        ports.unreached.checkRoom();
        const answered = await fill(ports, value);
        const isRefused = answered.length === value.items.length && !answered.some(({ outcome }) => isStored(outcome));
        if (isRefused) collector.drop('refused');
      },
    }),
  };
}
