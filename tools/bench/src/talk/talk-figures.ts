import type { Bill } from '../no-cache-bill.ts';
import { createDurations, rounded } from '../quantiles.ts';
import { armNames, type ArmName } from './arms.ts';
import type { ArmResult } from './run-arm.ts';
import { TALK_KINDS, type TalkKind } from './seen-calls.ts';

/** One of the plots as numbers. */
export interface KindFigures {
  readonly p50Ms: number;
  readonly p90Ms: number;
  /** 0..1; of a map's homes, or of single gets. */
  readonly hitRate: number;
  /** Signed fractions against the arm without a cache of the same run. */
  readonly billedRequestsChange: number;
  readonly billedItemsChange: number;
  /** The same of requests that somebody waited for: without warm-ups and refreshes. */
  readonly waitedRequestsChange: number;
  readonly billedRequests: number;
  readonly billedItems: number;
  readonly calls: number;
  /** Answers that still had pending homes; they are in the quantiles. */
  readonly incomplete: number;
  /** Calls without an answer of 200; in the quantiles with the whole deadline. */
  readonly unanswered: number;
}

export type TalkFigures = Readonly<Record<TalkKind, Readonly<Record<ArmName, KindFigures>>>>;

export type ArmResults = Readonly<Record<ArmName, readonly ArmResult[]>>;

const RATE_DIGITS = 3;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The bill of one kind over all rounds of an arm. */
const billOf = (arms: readonly ArmResult[], kind: TalkKind): Bill => ({
  billedRequests: sum(arms.map((arm) => arm.billOf[kind].billedRequests)),
  billedItems: sum(arms.map((arm) => arm.billOf[kind].billedItems)),
});

const changeOf = (now: number, before: number): number => (before === 0 ? 0 : rounded(now / before - 1, RATE_DIGITS));

/** @param before the arms without a cache, as many */
function kindFigures(arms: readonly ArmResult[], before: readonly ArmResult[], kind: TalkKind): KindFigures {
  const calls = arms.flatMap(({ counted }) => counted.filter((call) => call.kind === kind));
  const durations = createDurations();
  for (const { latencyMs } of calls) durations.record(latencyMs);
  const asked = sum(arms.map(({ hits }) => hits[kind].asked));
  const hit = sum(arms.map(({ hits }) => hits[kind].hit));
  const bill = billOf(arms, kind);
  const full = billOf(before, kind);
  // warm-ups and refreshes are the map's (splitBill)
  const background = kind === 'multi' ? sum(arms.map((arm) => arm.background.billedRequests)) : 0;
  return {
    p50Ms: rounded(durations.at(50)),
    p90Ms: rounded(durations.at(90)),
    hitRate: asked === 0 ? 0 : rounded(hit / asked, RATE_DIGITS),
    billedRequestsChange: changeOf(bill.billedRequests, full.billedRequests),
    billedItemsChange: changeOf(bill.billedItems, full.billedItems),
    waitedRequestsChange: changeOf(bill.billedRequests - background, full.billedRequests),
    billedRequests: rounded(bill.billedRequests, 1),
    billedItems: bill.billedItems,
    calls: calls.length,
    incomplete: calls.filter(({ pending }) => pending > 0).length,
    unanswered: calls.filter(({ end }) => end !== 'answered').length,
  };
}

/** The figures of all arms; calls of several rounds are put together, not their quantiles. Pure. */
export function talkFigures(arms: ArmResults): TalkFigures {
  const ofKind = (kind: TalkKind) =>
    Object.fromEntries(armNames.map((arm) => [arm, kindFigures(arms[arm], arms.before, kind)])) as Record<
      ArmName,
      KindFigures
    >;
  return Object.fromEntries(TALK_KINDS.map((kind) => [kind, ofKind(kind)])) as Record<
    TalkKind,
    Record<ArmName, KindFigures>
  >;
}
