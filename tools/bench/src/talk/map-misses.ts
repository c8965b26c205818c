import { rounded } from '../quantiles.ts';
import type { MapAnswer } from './map-answers.ts';

/** How far map answers were from being complete out of the cache. */
export interface MapMisses {
  readonly answers: number;
  /** Share of answers with every home out of the cache. */
  readonly completeShare: number;
  /** Share of answers for which nothing was paid while they waited; more than the complete ones by what hid nothing but homes. */
  readonly unpaidShare: number;
  /** Homes that one answer missed: quantiles over all answers. */
  readonly missedP50: number;
  readonly missedP90: number;
  /** Of answers that were complete, that only needed facts, and that waited for upstream. */
  readonly completeP50Ms: number;
  readonly factsP50Ms: number;
  readonly paidP50Ms: number;
  /** By what brought the viewer there: answers, share that was complete, share of homes missed. */
  readonly byAct: Readonly<
    Record<string, { readonly answers: number; readonly complete: number; readonly missed: number }>
  >;
}

/** The value below which a share of all lies, the nearest there is; 0 without any. */
function nearest(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole, 3));
const latencyOf = (answers: readonly MapAnswer[]): number =>
  rounded(
    nearest(
      answers.map(({ latencyMs }) => latencyMs),
      0.5,
    ),
  );
const total = (answers: readonly MapAnswer[], what: 'homes' | 'missed'): number =>
  answers.reduce((sum, answer) => sum + answer[what], 0);

/** Pure. */
export function mapMisses(answers: readonly MapAnswer[]): MapMisses {
  const complete = answers.filter(({ missed }) => missed === 0);
  const paid = answers.filter((answer) => answer.missed > 0 && answer.paid > 0);
  const facts = answers.filter((answer) => answer.missed > 0 && answer.paid === 0);
  const missed = answers.map((answer) => answer.missed);
  const acts = [...new Set(answers.map(({ act }) => act))].sort();
  return {
    answers: answers.length,
    completeShare: shareOf(complete.length, answers.length),
    unpaidShare: shareOf(answers.length - paid.length, answers.length),
    missedP50: nearest(missed, 0.5),
    missedP90: nearest(missed, 0.9),
    completeP50Ms: latencyOf(complete),
    factsP50Ms: latencyOf(facts),
    paidP50Ms: latencyOf(paid),
    byAct: Object.fromEntries(
      acts.map((act) => {
        const own = answers.filter((answer) => answer.act === act);
        const whole = own.filter((answer) => answer.missed === 0).length;
        return [
          act,
          {
            answers: own.length,
            complete: shareOf(whole, own.length),
            missed: shareOf(total(own, 'missed'), total(own, 'homes')),
          },
        ];
      }),
    ),
  };
}

/** One line for a person. */
export const missesLine = ({ completeShare, unpaidShare, missedP50, missedP90, ...ms }: MapMisses): string =>
  `map answers: ${(completeShare * 100).toFixed(0)} % complete out of the cache (p50 ${ms.completeP50Ms} ms), ` +
  `${((unpaidShare - completeShare) * 100).toFixed(0)} % missed only what the viewer may not see (${ms.factsP50Ms} ms), ` +
  `the others waited for upstream (${ms.paidP50Ms} ms); homes missed p50 ${missedP50}, p90 ${missedP90}`;
