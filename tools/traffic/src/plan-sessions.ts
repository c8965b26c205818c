import type { Point } from '@porchlight/geo';
import { createDraws, evenPositions, keyAt, seedOf, type Draws } from './draws.ts';
import type { HomesIndex } from './homes-index.ts';
import type { PlannedCall } from './planned-call.ts';
import { createPopularPlaces } from './popular-places.ts';
import { walkSession, type SessionStart, type Surroundings } from './session-walk.ts';
import type { Workload } from './workload.ts';
import { zoomRatesOf } from './zoom-rates.ts';

/** Earlier starts that a repeated visit chooses from; older ones are forgotten, so an endless plan stays small. */
const STARTS_KEPT_MAX = 10_000;

const MS_A_MINUTE = 60_000;

/** A session under way: its next call, and the rest. */
interface UnderWay {
  next: PlannedCall;
  rest: Generator<PlannedCall>;
}

/**
 * The sessions in the order in which they begin, without end.
 *
 * At some sessions a minute chance alone would leave the first minutes empty or without an agent, so starts come one a
 * slot, and roles, classes and repeated visits are spread evenly.
 */
function* arrivals(seed: number, { workload, popularPlace }: Surroundings): Generator<SessionStart> {
  const draws = createDraws(seedOf(seed, 0));
  const [roles, classes, visits] = [evenPositions(draws), evenPositions(draws), evenPositions(draws)];
  const { recreationalShare } = workload;
  const starts: { place: Point; zoom: number }[] = [];
  const startOf = (): { place: Point; zoom: number } => {
    const earlier = visits() < workload.repeatVisitShare ? starts[draws.below(starts.length)] : undefined;
    return earlier ?? { place: popularPlace(draws), zoom: Number(draws.pick(workload.zoomShares)) };
  };
  const slotMs = MS_A_MINUTE / workload.sessionsPerMinute;
  for (let number = 1; ; number += 1) {
    const start = startOf();
    if (starts.length < STARTS_KEPT_MAX) starts.push(start);
    else starts[draws.below(STARTS_KEPT_MAX)] = start;
    yield {
      sessionId: `session-${seed}-${number}`,
      seed: seedOf(seed, number),
      startAtMs: (number - 1 + draws.uniform()) * slotMs,
      role: keyAt(workload.roleShares, roles()),
      viewerClass: keyAt({ recreational: recreationalShare, serious: 1 - recreationalShare }, classes()),
      ...start,
    };
  }
}

/** Puts a session where its next call belongs; the list is some dozens long. */
function insert(underWay: UnderWay[], session: UnderWay): void {
  let at = underWay.length;
  while (at > 0 && (underWay[at - 1]?.next.atMs ?? 0) < session.next.atMs) at -= 1;
  underWay.splice(at, 0, session);
}

/**
 * Every call of a workload in order of time. Pure: the same seed, workload and homes give the same calls, so one plan
 * can drive the real API and a simulation alike.
 *
 * @param options.durationMs calls meant for later are left out; without it the plan has no end
 */
export function* planSessions(
  seed: number,
  workload: Workload,
  homes: HomesIndex,
  { durationMs = Infinity }: { durationMs?: number } = {},
): Generator<PlannedCall> {
  const popularPlace: (draws: Draws) => Point = createPopularPlaces(homes, {
    seed,
    exponent: workload.popularityExponent,
  });
  const zoomRates = zoomRatesOf(workload.zoomShares, 1 - workload.panShare);
  const around: Surroundings = { workload, homes, popularPlace, zoomRates };
  const coming = arrivals(seed, around);
  // latest first, so that the next one is taken off the end
  const underWay: UnderWay[] = [];
  const resume = (rest: Generator<PlannedCall>): void => {
    const step = rest.next();
    if (step.done !== true) insert(underWay, { next: step.value, rest });
  };
  let start = coming.next().value as SessionStart;
  for (;;) {
    while (underWay.length === 0 || start.startAtMs <= (underWay.at(-1)?.next.atMs ?? 0)) {
      resume(walkSession(start, around));
      start = coming.next().value as SessionStart;
    }
    const session = underWay.pop();
    if (session === undefined || session.next.atMs >= durationMs) return;
    yield session.next;
    resume(session.rest);
  }
}
