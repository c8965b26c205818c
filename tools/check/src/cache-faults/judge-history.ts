import { isShown, type History, type SeenAnswer, type VersionedInstant } from './history.ts';

/** What a scenario's history is held to, beside the rules that have no number. */
export interface HistoryBounds {
  /** Paid calls for one home at most; those behind a Redis that is away are bounded elsewhere and counted here too. */
  readonly billedPerHomeMax: number;
  /** Error codes that may reach a member; any other is a violation. */
  readonly errorCodes: readonly string[];
  /**
   * A memory was lost that held acknowledged writes: until `noticedWithinMs` after `at` promise (1) does not hold. Absent:
   * it always holds.
   */
  readonly forgot?: { readonly at: number; readonly noticedWithinMs: number };
  /** Every home must have been answered with a value at least so often; default 1. */
  readonly shownPerHomeMin?: number;
}

/** What was seen, and what of it is against the promises; no violation is a pass. */
export interface HistoryVerdict {
  readonly answers: number;
  readonly hits: number;
  readonly changes: number;
  /** Answers that began after an acknowledged INVALIDATE and were older. */
  readonly staleAfterAcknowledgement: number;
  /** Answers that contradicted a change which was due, promise (2). */
  readonly overdue: number;
  /** The longest time from a change being acknowledged to a request that was begun then and saw what was before it. */
  readonly stalenessMaxMs: number;
  /** When the last such request began; 0: none did. */
  readonly lastStaleAt: number;
  readonly billed: number;
  readonly billedPerHomeMax: number;
  readonly pending: number;
  readonly unavailable: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

const EXAMPLES_MAX = 3;

const byHome = (instants: readonly VersionedInstant[]): Map<string, VersionedInstant[]> => {
  const homes = Map.groupBy(instants, ({ propertyId }) => propertyId);
  for (const list of homes.values()) list.sort((a, b) => a.at - b.at);
  return homes;
};

/** The first of these that is newer than the answer, and earlier than its beginning. */
const contradictionOf = (
  answer: SeenAnswer,
  instants: readonly VersionedInstant[] = [],
): VersionedInstant | undefined =>
  instants.find(({ version, at }) => at < answer.beganAt && version > (answer.factsVersion ?? 0));

function tellSome(what: string, all: readonly string[]): string[] {
  if (all.length === 0) return [];
  const more = all.length > EXAMPLES_MAX ? ` and ${all.length - EXAMPLES_MAX} more` : '';
  return [`${what}: ${all.slice(0, EXAMPLES_MAX).join('; ')}${more}`];
}

const tellAnswer = ({ propertyId, factsVersion, source, member }: SeenAnswer): string =>
  `${propertyId} at version ${factsVersion} (${source}, ${member})`;

function findStale(history: History, instants: readonly VersionedInstant[]) {
  const acknowledged = byHome(instants);
  return history.answers.filter(isShown).flatMap((answer) => {
    const contradiction = contradictionOf(answer, acknowledged.get(answer.propertyId));
    return contradiction === undefined ? [] : [{ answer, contradiction }];
  });
}

/** Answers of a version that the source of truth did not have yet. */
function findInvented({ committed, answers }: History): string[] {
  const versions = byHome(committed);
  const isTrue = ({ propertyId, factsVersion, endedAt }: SeenAnswer): boolean =>
    (versions.get(propertyId) ?? []).some(({ version, at }) => version === factsVersion && at <= endedAt);
  return answers.filter((answer) => isShown(answer) && !isTrue(answer)).map(tellAnswer);
}

function findUnserved({ committed, answers }: History, shownPerHomeMin: number): string[] {
  const shown = Map.groupBy(answers.filter(isShown), ({ propertyId }) => propertyId);
  const homes = [...new Set(committed.map(({ propertyId }) => propertyId))];
  return homes.filter((home) => (shown.get(home)?.length ?? 0) < shownPerHomeMin);
}

/** Facts are as the source says, or not cached. An estimate may lag behind a revaluation that nobody has announced. */
const findDiverged = ({ final }: History): string[] =>
  final
    .filter((home) => home.factsVersion !== home.trueFactsVersion || home.estimateVersion !== home.trueEstimateVersion)
    .map(
      ({ propertyId, factsVersion, estimateVersion, trueFactsVersion, trueEstimateVersion }) =>
        `${propertyId} holds ${factsVersion}/${estimateVersion}, and the source ${trueFactsVersion}/${trueEstimateVersion}`,
    );

/**
 * Judges a history by everything that is known of it: promise (1), that nothing is shown which never was, what was paid,
 * which errors reached callers, and that the cache agrees with its source in the end.
 */
export function judgeHistory(history: History, bounds: HistoryBounds): HistoryVerdict {
  const { answers, billed, errors } = history;
  const stale = findStale(history, history.acknowledged);
  const overdue = findStale(history, history.due ?? []);
  const { forgot } = bounds;
  const isExcused = ({ answer }: (typeof stale)[number]): boolean =>
    forgot !== undefined && answer.beganAt >= forgot.at && answer.beganAt <= forgot.at + forgot.noticedWithinMs;
  const unexcused = stale.filter((each) => !isExcused(each));
  const mostBilled = [...billed].filter(([, calls]) => calls > bounds.billedPerHomeMax);
  const strange = [...errors].filter(([code]) => !bounds.errorCodes.includes(code));
  const countOf = (source: string): number => answers.filter((answer) => answer.source === source).length;
  const staleness = stale.map(({ answer, contradiction }) => answer.beganAt - contradiction.at);
  return {
    answers: answers.length,
    hits: countOf('hit'),
    changes: history.acknowledged.length,
    staleAfterAcknowledgement: stale.length,
    overdue: overdue.length,
    stalenessMaxMs: Math.round(staleness.reduce((longest, ms) => Math.max(longest, ms), 0)),
    lastStaleAt: stale.reduce((latest, { answer }) => Math.max(latest, answer.beganAt), 0),
    billed: [...billed.values()].reduce((sum, calls) => sum + calls, 0),
    billedPerHomeMax: [...billed.values()].reduce((most, calls) => Math.max(most, calls), 0),
    pending: countOf('pending'),
    unavailable: countOf('unavailable'),
    errors: Object.fromEntries(errors),
    violations: [
      ...tellSome(
        'older than an acknowledged change',
        unexcused.map(({ answer }) => tellAnswer(answer)),
      ),
      ...tellSome(
        'not obeyed in time, whatever had failed',
        overdue.map(({ answer }) => tellAnswer(answer)),
      ),
      ...tellSome('shown, and never true', findInvented(history)),
      ...tellSome('never shown', findUnserved(history, bounds.shownPerHomeMin ?? 1)),
      ...tellSome(
        `paid for more than ${bounds.billedPerHomeMax} times`,
        mostBilled.map(([home, calls]) => `${home}, ${calls} times`),
      ),
      ...tellSome(
        'an error that nobody was promised',
        strange.map(([code, count]) => `${code}, ${count} times`),
      ),
      ...tellSome('not what the source says, when all was quiet', findDiverged(history)),
    ],
  };
}
