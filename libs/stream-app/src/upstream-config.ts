import { secret } from '@porchlight/service';
import { z } from 'zod';

const percent = (most: number) => z.coerce.number().min(0).max(most);
const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const PERCENT = 100;

/** What every app has that pays. The budget is one for the fleet: the same values in all of them. */
export const upstreamConfig = {
  UPSTREAM_URL: z.url({ protocol: /^https?$/ }).describe('the paid valuation API'),
  UPSTREAM_API_KEY: secret(z.string().min(1)).describe('its key, sent as x-api-key'),
  UPSTREAM_BUDGET_REQUESTS_PER_S: wholeNumber(0, 1_000_000)
    .default(0)
    .describe('paid calls a second of the whole fleet; 0: no limit. The same in all apps'),
  UPSTREAM_BUDGET_ITEMS_PER_S: wholeNumber(0, 100_000_000)
    .default(0)
    .describe('homes in those calls a second; 0: no limit. The same in all apps'),
  UPSTREAM_BUDGET_BURST_S: z.coerce
    .number()
    .min(0.1)
    .max(60)
    .default(1)
    .describe('how many seconds of the budget may be saved up and spent at once. The same in all apps'),
  UPSTREAM_BUDGET_RESERVE_PERCENT: percent(95)
    .default(50)
    .describe('of what is saved up, the part that warm-ups and refreshes leave for users. The same in all apps'),
  UPSTREAM_BUDGET_LOCAL_PERCENT: percent(PERCENT)
    .default(10)
    .describe('of the budget, what one process may spend while Redis does not answer'),
  UPSTREAM_BREAKER_FAILURE_PERCENT: z.coerce
    .number()
    .min(1)
    .max(99)
    .default(50)
    .describe('of the calls within the window, how many must fail for upstream to be left alone for a while'),
  UPSTREAM_BREAKER_WINDOW_MS: wholeNumber(1_000, 600_000).default(10_000).describe('that window'),
  UPSTREAM_BREAKER_CALLS_MIN: wholeNumber(1, 10_000)
    .default(10)
    .describe('fewer calls than this within the window prove nothing'),
  UPSTREAM_BREAKER_OPEN_MS: wholeNumber(100, 30_000)
    .default(1_000)
    .describe('how long it is left alone before one call finds out; doubled each time, up to 5 s'),
};

interface UpstreamValues {
  readonly UPSTREAM_BUDGET_REQUESTS_PER_S: number;
  readonly UPSTREAM_BUDGET_ITEMS_PER_S: number;
  readonly UPSTREAM_BUDGET_BURST_S: number;
  readonly UPSTREAM_BUDGET_RESERVE_PERCENT: number;
  readonly UPSTREAM_BUDGET_LOCAL_PERCENT: number;
  readonly UPSTREAM_BREAKER_FAILURE_PERCENT: number;
  readonly UPSTREAM_BREAKER_WINDOW_MS: number;
  readonly UPSTREAM_BREAKER_CALLS_MIN: number;
  readonly UPSTREAM_BREAKER_OPEN_MS: number;
}

/** @returns budget and breaker as `disciplinedSource` of `@porchlight/estimate-source` takes them, but for the store of the budget */
export const disciplineOf = (values: UpstreamValues) => ({
  budget: {
    requestsPerS: values.UPSTREAM_BUDGET_REQUESTS_PER_S,
    itemsPerS: values.UPSTREAM_BUDGET_ITEMS_PER_S,
    burstS: values.UPSTREAM_BUDGET_BURST_S,
    reserveShare: values.UPSTREAM_BUDGET_RESERVE_PERCENT / PERCENT,
    localShare: values.UPSTREAM_BUDGET_LOCAL_PERCENT / PERCENT,
  },
  breaker: {
    failureShare: values.UPSTREAM_BREAKER_FAILURE_PERCENT / PERCENT,
    windowMs: values.UPSTREAM_BREAKER_WINDOW_MS,
    callsMin: values.UPSTREAM_BREAKER_CALLS_MIN,
    openMs: values.UPSTREAM_BREAKER_OPEN_MS,
  },
});
