import type { OutboxSession } from '@porchlight/property-catalog';
import type { ChangeLog } from '../change-log.ts';

/** Holds each publish of the relay until it is let go, and counts how often the relay asks its session meanwhile. */
export function holdingRelay() {
  const gates: PromiseWithResolvers<void>[] = [];
  let isOpen = false;
  let pings = 0;
  return {
    logOf: (log: ChangeLog): ChangeLog => ({
      ...log,
      async publish(records) {
        const gate = Promise.withResolvers<void>();
        if (isOpen) gate.resolve();
        gates.push(gate);
        pings = 0;
        await gate.promise;
        await log.publish(records);
      },
    }),
    outboxOf: (outbox: OutboxSession): OutboxSession => ({
      ...outbox,
      async ping() {
        pings += 1;
        await outbox.ping();
      },
    }),
    /** How many publishes were begun, and the pings since the last. */
    seen: () => ({ begun: gates.length, pings }),
    release: (index: number) => gates[index]?.resolve(),
    releaseAll() {
      isOpen = true;
      for (const gate of gates) gate.resolve();
    },
  };
}
