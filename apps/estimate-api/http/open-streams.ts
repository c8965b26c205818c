import type { FastifyInstance } from 'fastify';
import type { Clock } from '@porchlight/stream';
import { STREAM_HOMES_MAX, STREAM_STOP_MS } from './limits.ts';
import { Problem } from './problem.ts';

/** The streams that are being written. */
export interface OpenStreams {
  /**
   * @param homes how many it is to tell
   * @param endEarly called if the process stops and the stream has not ended by itself
   * @returns to be called once when the stream has ended, however
   * @throws {Problem} overloaded
   */
  enter(homes: number, endEarly: () => void): () => void;
  /** How many there are. */
  open(): number;
}

/**
 * Bounds what streams hold, in homes, since whoever does not read makes this process keep what it has found out; and ends them
 * when the server closes. Each has told by then what was there, and another instance will soon have the rest in its cache.
 */
export function createOpenStreams(app: FastifyInstance, clock: Pick<Clock, 'after'>): OpenStreams {
  const open = new Set<() => void>();
  let homesHeld = 0;
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    clock.after(STREAM_STOP_MS, () => open.forEach((endEarly) => endEarly()));
    done();
  });
  return {
    open: () => open.size,
    enter(homes, endEarly) {
      if (homesHeld + homes > STREAM_HOMES_MAX) throw new Problem('overloaded');
      homesHeld += homes;
      open.add(endEarly);
      // It came on a connection that was open already.
      const timer = isClosing ? clock.after(STREAM_STOP_MS, endEarly) : null;
      return () => {
        timer?.cancel();
        homesHeld -= homes;
        open.delete(endEarly);
      };
    },
  };
}
