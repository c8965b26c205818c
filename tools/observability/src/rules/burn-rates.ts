import type { Alert, Firing, Quiet, Recording } from './alert.ts';
import { serviceLevels, warmUpTopics, type ServiceLevel, type ServiceLevelName } from './service-levels.ts';

/** Two windows: the long one says that it matters, the short one that it still goes on (the SRE workbook's table). */
interface Burn {
  /** How many times faster than the budget lasts. */
  readonly rate: number;
  readonly short: string;
  readonly long: string;
}

/** 2 % of the month's budget in an hour, 5 % in six hours. */
const fast: readonly Burn[] = [
  { rate: 14.4, short: '5m', long: '1h' },
  { rate: 6, short: '30m', long: '6h' },
];
/** 10 % in a day, 10 % in three days. */
const slow: readonly Burn[] = [
  { rate: 3, short: '2h', long: '1d' },
  { rate: 1, short: '6h', long: '3d' },
];
const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
const BUDGET_WINDOW = '30d';

/** The share that was bad, of one service level and window. */
export const badShareOf = (slo: string, window: string): string => `slo:sli_error:ratio_rate${window}{slo="${slo}"}`;

/** The share of the month's budget that is left, of every service level: below 0 it is spent. */
export const BUDGET_LEFT = 'slo:error_budget_left:ratio30d';

// 1 - 0.999 is not 0.001 in a float.
const budgetOf = ({ objective }: ServiceLevel): number => Number((1 - objective).toFixed(6));

/** @returns recording rules of one service level: its bad share by window, its objective, its budget */
export const levelRecordings = (level: ServiceLevel): readonly Recording[] => {
  const labels = { slo: level.slo };
  return [
    ...WINDOWS.map((window) => ({
      record: `slo:sli_error:ratio_rate${window}`,
      expr: level.badShare(window),
      labels,
    })),
    // The mean of the five minutes: a rate over thirty days of every series would be asked for each half minute.
    {
      record: `slo:sli_error:ratio_rate${BUDGET_WINDOW}`,
      expr: `avg_over_time(${badShareOf(level.slo, '5m')}[${BUDGET_WINDOW}])`,
      labels,
    },
    {
      record: BUDGET_LEFT,
      expr: `1 - ${badShareOf(level.slo, BUDGET_WINDOW)} / ${budgetOf(level)}`,
      labels,
    },
  ];
};

const burning = (level: ServiceLevel, burns: readonly Burn[]): string =>
  burns
    .map(({ rate, short, long }) => {
      const limit = Number((rate * budgetOf(level)).toFixed(6));
      return `(${badShareOf(level.slo, short)} > ${limit} and ${badShareOf(level.slo, long)} > ${limit})`;
    })
    .join(' or ');

type Cases = Readonly<Record<'fast' | 'slow' | 'good', Readonly<Record<string, string>>>>;

const HOURS_30 = 1_800;
const requests = (good: number, bad: number) => ({
  'http_server_request_duration_seconds_count{job="estimate-api", http_route="/v1/map/estimates", http_response_status_code="200"}': `0+${good}x${HOURS_30}`,
  'http_server_request_duration_seconds_count{job="estimate-api", http_route="/v1/map/estimates", http_response_status_code="500"}': `0+${bad}x${HOURS_30}`,
});
const refusals = (count: number) => ({
  'porchlight_estimate_api_refused_total{job="estimate-api", reason="full"}': `0+${count}x${HOURS_30}`,
});
const mapAnswers = (inTime: number, all: number) => ({
  'porchlight_estimate_api_answer_duration_seconds_bucket{job="estimate-api", route="map", le="0.5"}': `0+${inTime}x${HOURS_30}`,
  'porchlight_estimate_api_answer_duration_seconds_count{job="estimate-api", route="map"}': `0+${all}x${HOURS_30}`,
  'porchlight_estimate_api_answer_duration_seconds_bucket{job="estimate-api", route="batch", le="2.5"}': `0+${inTime}x${HOURS_30}`,
  'porchlight_estimate_api_answer_duration_seconds_count{job="estimate-api", route="batch"}': `0+${all}x${HOURS_30}`,
});
const ages = (last: string) =>
  Object.fromEntries(
    warmUpTopics.map((topic, at) => [
      `porchlight_stream_lag_age_seconds{job="app-${at}", topic="${topic}", partition="0"}`,
      at === warmUpTopics.length - 1 ? last : `2x${HOURS_30}`,
    ]),
  );
const watermark = (values: string) => ({
  'porchlight_invalidator_watermark_age_seconds{job="invalidator", instance="a"}': values,
});
/** So many bad minutes in a hundred, over and over. */
const pattern = (bad: string, good: string, badOfHundred: number): string =>
  Array.from({ length: HOURS_30 / 100 }, () => `${bad}x${badOfHundred - 1} ${good}x${99 - badOfHundred}`).join(' ');

/** What each service level looks like when it burns fast, when slowly, and when it is kept. */
const casesOf: Readonly<Record<ServiceLevelName, Cases>> = {
  'api-availability': {
    fast: { ...requests(950, 30), ...refusals(20) },
    slow: { ...requests(996, 2), ...refusals(2) },
    good: { ...requests(99_950, 50), ...refusals(0) },
  },
  'api-latency': { fast: mapAnswers(80, 100), slow: mapAnswers(96, 100), good: mapAnswers(995, 1000) },
  'warmup-freshness': {
    fast: ages(`60x${HOURS_30}`),
    slow: ages(pattern('60', '0', 4)),
    good: ages(`3x${HOURS_30}`),
  },
  'time-to-unservable': {
    fast: watermark(`40x${HOURS_30}`),
    // Five minutes a day: the long windows remember them, the short ones have forgotten an hour later.
    slow: watermark('1x1499 60x4 1x300'),
    good: watermark(`2x${HOURS_30}`),
  },
};

function burnAlert(level: ServiceLevel, speed: 'fast' | 'slow'): Alert {
  const { fast: fastCase, slow: slowCase, good } = casesOf[level.slo];
  const isFast = speed === 'fast';
  const fires: Firing = {
    when: isFast ? 'the budget is gone within days' : 'the budget is gone within two weeks',
    series: isFast ? fastCase : slowCase,
    at: isFast ? '2h' : '26h',
    labels: [{ slo: level.slo }],
  };
  const quiet: Quiet[] = [{ when: 'the promise is kept', series: good, at: isFast ? '7h' : '26h' }];
  if (isFast) quiet.push({ when: 'the budget is gone in two weeks', series: slowCase, at: '26h' });
  return {
    name: `${level.alert}Burns${isFast ? 'Fast' : 'Slowly'}`,
    expr: burning(level, isFast ? fast : slow),
    for: isFast ? '2m' : '15m',
    keepFiringFor: isFast ? '5m' : '30m',
    severity: isFast ? 'page' : 'ticket',
    summary: `${isFast ? 'At this rate the error budget of the month is gone within days' : 'The error budget of the month will not last'}. Promised: ${level.promise}.`,
    fires,
    quiet,
  };
}

export const burnAlerts: readonly Alert[] = serviceLevels.flatMap((level) => [
  burnAlert(level, 'fast'),
  burnAlert(level, 'slow'),
]);
