import { topics } from '@porchlight/contracts';
import { maxBy, observedPerSecond, perSecond, series, sumBy, upToPerSecond } from '../promql.ts';

export type ServiceLevelName = 'api-availability' | 'api-latency' | 'warmup-freshness' | 'time-to-unservable';

/** What is promised of the whole over thirty days. */
export interface ServiceLevel {
  /** The label `slo` of its series. */
  readonly slo: ServiceLevelName;
  /** The first half of its alerts' names. */
  readonly alert: string;
  /** The share that must be good: 0.999. */
  readonly objective: number;
  /** What is good, in one sentence that goes on after "too little of the time" or the like. */
  readonly promise: string;
  /** The share that was bad within a window such as `5m`; nothing at all where nobody asked. */
  readonly badShare: (window: string) => string;
}

/** The map answers at its deadline of 250 ms with what it has; what takes twice that long was late by our own doing. */
const MAP_SECONDS = 0.5;
/** Calls for one home or a batch wait a second for what is not cached, by default, and callers may ask for more. */
const SINGLE_SECONDS = 2.5;
/** The window in which a forecast is worth something: later than this warm-ups are dropped. */
export const WARM_UP_SECONDS = 10;
/** T moves each second and marks follow each second: five are several missed in a row. */
export const UNSERVABLE_SECONDS = 5;

const http = 'http.server.request.duration';
const answers = 'porchlight.estimate_api.answer.duration';
const refused = 'porchlight.estimate_api.refused';

/** Nothing there is nothing refused. */
const orNone = (expr: string): string => `(${expr} or vector(0))`;

const badRequests = (window: string): string => {
  const failed = orNone(
    sumBy([], observedPerSecond(http, { 'http.response.status_code': { pattern: '5..' } }, window)),
  );
  const turnedAway = orNone(sumBy([], perSecond(refused, {}, window)));
  return `(${failed} + ${turnedAway}) / (${sumBy([], observedPerSecond(http, {}, window))} + ${turnedAway})`;
};

const lateAnswers = (window: string): string => {
  const calls = { in: ['single', 'batch'] };
  const inTime = [
    sumBy([], upToPerSecond(answers, MAP_SECONDS, { route: 'map' }, window)),
    sumBy([], upToPerSecond(answers, SINGLE_SECONDS, { route: calls }, window)),
  ].map(orNone);
  return `1 - (${inTime.join(' + ')}) / ${sumBy([], observedPerSecond(answers, { route: { in: ['map', 'single', 'batch'] } }, window))}`;
};

/** The share of moments that were bad: these two are true however little traffic there is. */
const badMoments = (record: string) => (window: string) => `avg_over_time(${record}[${window}])`;

export const serviceLevels: readonly ServiceLevel[] = [
  {
    slo: 'api-availability',
    alert: 'PorchlightAvailability',
    objective: 0.999,
    promise: '99.9 % of the requests to estimate-api are answered, neither refused at the door nor failed',
    badShare: badRequests,
  },
  {
    slo: 'api-latency',
    alert: 'PorchlightLatency',
    objective: 0.99,
    promise: `99 % of the answers come in time: the map within ${MAP_SECONDS} s, one home or a batch within ${SINGLE_SECONDS} s`,
    badShare: lateAnswers,
  },
  {
    slo: 'warmup-freshness',
    alert: 'PorchlightWarmupFreshness',
    objective: 0.99,
    promise: `99 % of the time a viewport would be warmed within the ${WARM_UP_SECONDS} s in which that is worth something`,
    badShare: badMoments('porchlight:warmup_late:bool'),
  },
  {
    slo: 'time-to-unservable',
    alert: 'PorchlightUnservable',
    objective: 0.999,
    promise: `99.9 % of the time every change of the last ${UNSERVABLE_SECONDS} s and before is applied to the cache`,
    badShare: badMoments('porchlight:unservable_late:bool'),
  },
];

/** The four queues that a viewport passes through before its neighbours are warm. */
export const warmUpTopics = [
  topics.viewportViewed,
  topics.warmupCandidates,
  topics.warmupRequests,
  topics.warmupEstimates,
].map(({ name }) => name);

const warmUpAge = maxBy(['topic'], series('porchlight.stream.lag.age', { topic: { in: warmUpTopics } }));

/**
 * One record waits in each of the four queues, so it is the sum of their ages that must be within the window. A queue that
 * nobody reads has no age: fewer than four of them is as bad as late, and so is none.
 */
export const momentRecordings = [
  { record: 'porchlight:warmup_lag_age:sum', expr: `sum(${warmUpAge})` },
  {
    record: 'porchlight:warmup_late:bool',
    expr: `clamp_max((sum(${warmUpAge}) > bool ${WARM_UP_SECONDS}) + (count(${warmUpAge}) < bool ${warmUpTopics.length}), 1) or vector(1)`,
  },
  {
    record: 'porchlight:unservable_late:bool',
    expr: `(${maxBy([], series('porchlight.invalidator.watermark.age'))} > bool ${UNSERVABLE_SECONDS}) or vector(1)`,
  },
] as const;
