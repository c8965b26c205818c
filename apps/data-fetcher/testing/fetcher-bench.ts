import {
  topics,
  type Estimate,
  type Facts,
  type RequestedHome,
  type WarmupEstimates,
  type WarmupRequests,
} from '@porchlight/contracts';
import { memoryEstimateCache, memoryWriterProgress, reachedAnswersOver } from '@porchlight/estimate-cache';
import { batchingSource, disciplinedSource, type DisciplineOptions } from '@porchlight/estimate-source';
import {
  memoryBudgetStore,
  memoryEstimateSource,
  silentSourceMeter,
  unlimited,
} from '@porchlight/estimate-source/testing';
import { createTestRun, ManualClock, runTask, type StreamState, type TestRecord } from '@porchlight/stream';
import { createDataFetcher } from '../data-fetcher.task.ts';
import { areOutputsBlocked } from '../outputs-blocked.ts';

export const START = new ManualClock().now();
export const estimate = (valueUsd: number): Estimate => ({
  estimateVersion: 3,
  valueUsd,
  lowUsd: 1,
  highUsd: 9,
  computedAt: 1,
});
const facts: Facts = { visibilityVersion: 1, status: 'off_market', mlsId: null, overrideLevel: null, checkedAt: START };

/** For a queue that is waited in: the linger passes by itself, what is longer on the manual clock. */
const batchClock = (clock: ManualClock) => ({
  after(delayMs: number, run: () => void) {
    if (delayMs >= 1_000) return clock.after(delayMs, run);
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run: () => void) => void setImmediate(run),
});

interface SetUp {
  readonly lingerMs: number;
  readonly concurrentRecordsMax: number;
  readonly requestsInFlightMax: number;
  readonly isQueueManual: boolean;
  readonly discipline: Partial<DisciplineOptions>;
  readonly budget: Pick<DisciplineOptions['budget'], 'requestsPerS' | 'itemsPerS' | 'burstS' | 'reserveShare'>;
}

/** The task over a cache, an upstream and a budget in memory; no home is known to it but `known`. */
export function createFetcherBench(
  known: Record<string, Estimate> = {},
  {
    lingerMs = 0,
    concurrentRecordsMax = 8,
    requestsInFlightMax = 4,
    isQueueManual = false,
    discipline = {},
    budget = { requestsPerS: 0, itemsPerS: 0, burstS: 1, reserveShare: 0.5 },
  }: Partial<SetUp> = {},
) {
  const clock = new ManualClock(START);
  const cache = memoryEstimateCache({ clock });
  const progress = memoryWriterProgress({ clock });
  const upstream = memoryEstimateSource(known);
  const counted: Record<string, number> = {};
  const outcomes: string[] = [];
  const meter = { ...silentSourceMeter, called: (outcome: string) => void outcomes.push(outcome) };
  const store = memoryBudgetStore(clock);
  const paid = disciplinedSource(
    upstream,
    unlimited(clock, { meter, budget: { ...budget, store, localShare: 0.1 }, ...discipline }),
  );
  let state: () => Pick<StreamState, 'waitingFor'> = () => ({ waitingFor: [] });
  const definition = createDataFetcher({
    cache,
    answersOf: reachedAnswersOver(cache),
    progress,
    source: batchingSource(paid, {
      lingerMs,
      requestsInFlightMax,
      backgroundInFlightMax: requestsInFlightMax,
      queueMs: 3_000,
      ...(isQueueManual ? { clock: batchClock(clock) } : {}),
    }),
    upstream: paid,
    outputsBlocked: () => areOutputsBlocked(state()),
    clock,
    concurrentRecordsMax,
    count: (outcome, homes) => void (counted[outcome] = (counted[outcome] ?? 0) + homes),
  });
  /** Draws a ticket for each home, as request-filter does. */
  const request = async (...propertyIds: string[]): Promise<TestRecord<WarmupRequests>> => {
    const answers = await cache.acquire(
      propertyIds.map((propertyId) => ({ propertyId, nonce: `n-${propertyId}` })),
      'w',
    );
    const items = answers.flatMap((answer, at): RequestedHome[] =>
      answer.outcome === 'win' ? [{ propertyId: propertyIds[at] ?? '', ticket: answer.ticket, facts }] : [],
    );
    const value = { forecastId: 'f', tile: '16/1/1', items, viewedAt: START, deadlineAt: START + 10_000 };
    return { topic: topics.warmupRequests, key: '16/1/1', value };
  };
  return {
    clock,
    cache,
    progress,
    upstream,
    counted,
    outcomes,
    request,
    discipline: paid,
    /** A process of the app on a log in memory, for faults of the log. */
    startMember: async () => {
      const testRun = createTestRun({
        definitions: [{ ...definition, startFrom: 'earliest' }],
        clock,
        settings: { retryMostMs: 200 },
      });
      const member = await testRun.startMember();
      state = () => member.state();
      return { testRun, member };
    },
    // the test runner puts its records into the log before the group joins
    run: (...records: TestRecord<WarmupRequests>[]) =>
      runTask({ ...definition, startFrom: 'earliest' }, records, { clock }),
  };
}

export const estimatesOf = (sent: readonly { value: unknown }[]) => sent.map(({ value }) => value as WarmupEstimates);
export const valuesOf = (sent: readonly { value: unknown }[]) =>
  estimatesOf(sent).map(({ items }) =>
    Object.fromEntries(items.map((item) => [item.propertyId, item.estimate?.valueUsd ?? null])),
  );
export const nonzero = (counted: Record<string, number>) =>
  Object.fromEntries(Object.entries(counted).filter(([, homes]) => homes > 0));
export const nextOutcome = async (cache: ReturnType<typeof memoryEstimateCache>, propertyId: string) =>
  (await cache.acquire([{ propertyId, nonce: 'next' }], 'w'))[0]?.outcome;
