import type { Point } from '@porchlight/geo';
import { createDraws, evenPositions, keyAt, seedOf, type Draws } from './draws.ts';
import type { HomesIndex } from './homes-index.ts';
import type { PlannedCall } from './planned-call.ts';
import { createPopularPlaces } from './popular-places.ts';
import { walkSession, type ScreenSize, type SessionStart, type Surroundings } from './session-walk.ts';
import type { Screen, Workload } from './workload.ts';
import { zoomRatesOf } from './zoom-rates.ts';

/** Earlier starts that a repeated visit chooses from; older ones are forgotten, so an endless plan stays small. */
const STARTS_KEPT_MAX = 10_000;

/**
 * A plan begins in the middle of a day: sessions that began so long before it are under way. The longest lasts some
 * seven minutes.
 */
const UNDER_WAY_MS = 600_000;

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
export function* arrivals(seed: number, { workload, popularPlace }: Surroundings): Generator<SessionStart> {
  const draws = createDraws(seedOf(seed, 0));
  const positions = evenPositions(draws, 4);
  const { recreationalShare } = workload;
  const starts: { place: Point; zoom: number }[] = [];
  const startOf = (visit: number): { place: Point; zoom: number } => {
    const earlier = visit < workload.repeatVisitShare ? starts[draws.below(starts.length)] : undefined;
    return earlier ?? { place: popularPlace(draws), zoom: Number(draws.pick(workload.zoomShares)) };
  };
  const slotMs = MS_A_MINUTE / workload.sessionsPerMinute;
  for (let number = 1; ; number += 1) {
    const [role = 0, viewerClass = 0, visit = 0, screen = 0] = positions();
    const start = startOf(visit);
    if (starts.length < STARTS_KEPT_MAX) starts.push(start);
    else starts[draws.below(STARTS_KEPT_MAX)] = start;
    yield {
      sessionId: `session-${seed}-${number}`,
      seed: seedOf(seed, number),
      startAtMs: (number - 1 + draws.uniform()) * slotMs - UNDER_WAY_MS,
      role: keyAt(workload.roleShares, role),
      viewerClass: keyAt({ recreational: recreationalShare, serious: 1 - recreationalShare }, viewerClass),
      screen: screenOf(keyAt(workload.screenShares, screen)),
      ...start,
    };
  }
}

function screenOf(screen: Screen): ScreenSize {
  const [widthPixels = NaN, heightPixels = NaN] = screen.split('x').map(Number);
  return { widthPixels, heightPixels };
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
    if (session.next.atMs >= 0) yield session.next;
    resume(session.rest);
  }
}
