import type { Clock } from '@porchlight/stream';
import { DEADLINE_MS_MAX } from './http/limits.ts';
import { untilDeadline } from './reading/index.ts';

/** Everything that a stop ends, in this order. */
export interface StopParts {
  readonly clock: Clock;
  /** How long the stop may take in all. */
  readonly drainMs: number;
  /** How much of it callers are still served as before, while whoever sends them learns that this process is not ready any more. */
  readonly keepServingMs: number;
  /** Takes no more, and resolves when every question has been answered. */
  readonly closeServer: () => Promise<unknown>;
  /** Cuts off whoever is still connected. */
  readonly cutServer: () => void;
  /** Resolves when nothing is being fetched, refreshed or checked. */
  readonly readerSettled: () => Promise<void>;
  /** Ends what runs by itself. */
  readonly endPolls: () => void;
  /** Sends the events that wait, and gives up by then. */
  readonly closeEvents: (withinMs: number) => Promise<void>;
  readonly closeConnections: () => Promise<unknown>;
}

/** What the steps after the answers get of the drain time; of a short one half. */
export const STOP_TAIL_MS = 1_000;

/** What the events that wait get even if nothing of the drain time is left: of the process's own margin. */
const EVENTS_MS_MIN = 200;

const never = new Promise<never>(() => undefined);

/**
 * Serves on for a moment, since callers come until every balancer has asked for readiness again. Then answers what was asked,
 * finishes and fills what was paid for, sends the events that wait, then lets go of the rest. A step that does not end is left
 * behind, so that one caller cannot cost the others what they paid for. However long it is to serve on, whoever has asked by then
 * has the longest deadline for the answer, or half of a drain time that is shorter than both.
 */
export async function stopApi(parts: StopParts): Promise<void> {
  const { clock, drainMs } = parts;
  const endAt = clock.now() + drainMs;
  const servingMs = drainMs - Math.min(STOP_TAIL_MS, drainMs / 2);
  const cutAt = clock.now() + servingMs;
  const closeAt = Math.min(clock.now() + parts.keepServingMs, cutAt - Math.min(DEADLINE_MS_MAX, servingMs / 2));
  if (closeAt > clock.now()) await untilDeadline(never, closeAt, clock);
  const closed = parts.closeServer().then(() => true);
  if ((await untilDeadline(closed, cutAt, clock)) !== true) parts.cutServer();
  await untilDeadline(parts.readerSettled(), endAt, clock);
  parts.endPolls();
  await parts.closeEvents(Math.max(EVENTS_MS_MIN, endAt - clock.now()));
  await parts.closeConnections();
}
