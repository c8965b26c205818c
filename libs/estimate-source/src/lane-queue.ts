import type { Lane } from './port.ts';
import type { Waiter } from './waiter.ts';

/** In the order in which they are served. */
export const LANES: readonly Lane[] = ['user', 'background'];

export interface LaneQueueOptions {
  readonly requestsInFlightMax: number;
  readonly backgroundInFlightMax?: number;
}

/** Callers that wait for a call to begin, by lane, and the calls under way. */
export interface LaneQueue {
  add(lane: Lane, waiter: Waiter): void;
  /** Those of a lane that still wait, in the order in which they came. */
  waiting(lane: Lane): readonly Waiter[];
  /** The first of a lane's callers wait no more: their call begins. */
  take(lane: Lane, callers: number): void;
  /** Whether a call of this lane may begin now. Of the background lane: only while no user waits, and beside others of it. */
  hasRoom(lane: Lane): boolean;
  begin(lane: Lane): void;
  end(lane: Lane): void;
  size(): number;
  inFlight(): number;
}

export function createLaneQueue({ requestsInFlightMax, backgroundInFlightMax }: LaneQueueOptions): LaneQueue {
  const backgroundMax = backgroundInFlightMax ?? Math.max(1, Math.floor(requestsInFlightMax / 2));
  const callers: Record<Lane, Waiter[]> = { user: [], background: [] };
  const calls: Record<Lane, number> = { user: 0, background: 0 };
  const inFlight = (): number => calls.user + calls.background;
  const stillWaiting = (lane: Lane): Waiter[] =>
    (callers[lane] = callers[lane].filter((waiter) => !waiter.isSettled()));
  return {
    add: (lane, waiter) => void callers[lane].push(waiter),
    waiting: stillWaiting,
    take: (lane, count) => void (callers[lane] = callers[lane].slice(count)),
    hasRoom(lane) {
      if (inFlight() >= requestsInFlightMax) return false;
      return lane === 'user' || (calls.background < backgroundMax && stillWaiting('user').length === 0);
    },
    begin: (lane) => void (calls[lane] += 1),
    end: (lane) => void (calls[lane] -= 1),
    size: () => stillWaiting('user').length + stillWaiting('background').length,
    inFlight,
  };
}
