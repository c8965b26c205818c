import { createConnectionCrowd } from './connection-crowd.ts';
import type { EventLoop } from './event-loop.ts';
import { createPatience, LINE_MIN } from './patience.ts';
import { createTurnPace } from './turn-pace.ts';
import { createWaitingLine, type Waiting } from './waiting-line.ts';

/** Bounds of what a process takes on; each is config. */
export interface OverloadLimits {
  /** Requests that may be under way at once, whatever they wait for. */
  readonly requestsMax: number;
  /**
   * How long a request may wait for the processor when others have waited for long already, milliseconds of what this process was given
   * of it; 0: nobody waits here.
   */
  readonly waitMs: number;
  /** The same when nobody had to wait a moment ago; at least `waitMs`. */
  readonly burstMs: number;
}

/** `busy`: the processor could not begin with it in time. `full`: as many as may be are under way. */
export type OverloadReason = 'busy' | 'full';

/** Decides at the door who is let in, and when. */
export interface OverloadGuard {
  /** @returns `in`: begin with it now. `wait`: hand it to `queue`. Both are owed a `leave`. `full`, `late`: refuse it */
  enter(): 'in' | 'wait' | 'full' | 'late';
  /** Whether `enter` would say that a call is to be refused; then it has been counted, and is not to be brought to `enter`. */
  turnsAway(): boolean;
  /** A connection was accepted. */
  connected(): void;
  /** Keeps one until it is begun with or refused. */
  queue(waiting: Waiting): void;
  /** One that was not `full` has been answered or refused, or its caller has gone. */
  leave(): void;
  /** Whether anybody waits for the processor: what nobody waits for is not begun then. */
  isBusy(): boolean;
  /** Requests that are under way, those that wait among them. */
  open(): number;
}

/** How long connections that wait to be accepted may go before requests that wait: a connection costs a tenth of a request. */
export const ACCEPT_FIRST_MS = 5;

/**
 * Begins with as many requests in each turn of the event loop as keep the turns short, and refuses whoever would have to wait for
 * too long.
 *
 * Left alone, Node begins with everything that has arrived before it goes on with anything: under more than it can do its turns
 * grow to seconds, everybody's answer is late, and since one connection is accepted in a turn, so is a look at its health. Here
 * the rest waits at the door in the order of its arrival, where it is known for how long: each for `burstMs`, unless somebody
 * has waited all that time; then there is more than can be done, and each for `waitMs`, until nobody was refused for `burstMs`. A
 * processor that has something to do is never kept waiting by it. What counts is the processor's time, not the clock's: on a busy
 * host, or after it was stopped, a process has had no chance to begin with anybody, and refusing them would help nobody.
 *
 * The system keeps those whose connection is not accepted yet, for nobody knows how long, and among them whoever asks for health.
 * While they come, turns are for them: one turn, one connection. That a caller has hung up meanwhile is read behind its request,
 * so in a crowd nobody is begun with before the turn has ended: else the processor works for those who have gone, and those who
 * come next go too.
 *
 * What waits for upstream or a database is not at the door: it shuts out no hit. `requestsMax` bounds what it holds.
 *
 * @source "controlled delay": B. Maurer, Fail at Scale, ACM Queue 13 (2015). Its "adaptive LIFO" was left out: with `waitMs` far
 *         below any caller's patience it would serve the same number, and leave some waiting for as long as the overload lasts
 */
export function createOverloadGuard(
  { requestsMax, waitMs, burstMs }: OverloadLimits,
  loop: EventLoop,
  onRefused: (reason: OverloadReason) => void,
): OverloadGuard {
  const [line, pace, crowd] = [createWaitingLine(), createTurnPace(loop), createConnectionCrowd()];
  const patience = createPatience({ waitMs, burstMs }, loop.workedMs());
  let open = 0;
  let isTurnOpen = false;
  let startedAt = loop.now();

  const openTurn = (): void => {
    if (isTurnOpen) return;
    isTurnOpen = true;
    loop.atTurnEnd(endTurn);
  };
  const endTurn = (): void => {
    const [now, wasConnected] = [pace.endTurn(), crowd.endTurn()];
    isTurnOpen = false;
    if (wasConnected || line.size() > 0) openTurn();
    if (line.size() === 0) return;
    if (refuseOlderThan(line, patience.turnEnded(loop.workedMs()), onRefused)) patience.refused();
    if (!wasConnected || now - startedAt >= ACCEPT_FIRST_MS) startSome();
    if (line.size() === 0) patience.emptied();
  };
  const started = (): void => {
    pace.started();
    patience.started();
  };
  const startSome = (): void => {
    takeAsLongAs(() => pace.mayStart(), line, started);
    startedAt = loop.now();
  };
  /** @returns null: it may come in */
  const turnedAway = (): 'full' | 'late' | null => {
    const verdict = open >= requestsMax ? 'full' : patience.isLate(line.size()) ? 'late' : null;
    if (verdict === 'late') patience.refused();
    if (verdict !== null) onRefused(verdict === 'late' ? 'busy' : 'full');
    return verdict;
  };
  return {
    enter() {
      const verdict = turnedAway();
      if (verdict !== null) return verdict;
      open += 1;
      openTurn();
      if (waitMs > 0 && (line.size() > 0 || crowd.isCrowd() || !pace.mayStart())) return 'wait';
      started();
      return 'in';
    },
    turnsAway: () => turnedAway() !== null,
    connected: () => (crowd.connected(), openTurn()),
    queue(waiting) {
      if (line.size() === 0) patience.firstWaits(loop.workedMs());
      line.push({ ...waiting, sinceMs: patience.workedMs() });
    },
    leave: () => void (open -= 1),
    isBusy: () => line.size() > 0,
    open: () => open,
  };
}

/** Begins with those who wait, in the order of their arrival. */
function takeAsLongAs(mayStart: () => boolean, line: ReturnType<typeof createWaitingLine>, started: () => void): void {
  while (mayStart()) {
    const next = line.takeOldest();
    if (next === undefined) return;
    if (next.hasLeft()) continue;
    started();
    next.answer();
  }
}

/** But for the last few, whoever came before `sinceMs` is told that it will not be answered. @returns whether there was anybody */
function refuseOlderThan(
  line: ReturnType<typeof createWaitingLine>,
  sinceMs: number,
  onRefused: (reason: OverloadReason) => void,
): boolean {
  const before = line.size();
  while (line.size() > LINE_MIN && (line.oldest()?.sinceMs ?? sinceMs) < sinceMs) {
    const oldest = line.takeOldest();
    if (oldest === undefined || oldest.hasLeft()) continue;
    onRefused('busy');
    oldest.refuse();
  }
  return line.size() < before;
}
