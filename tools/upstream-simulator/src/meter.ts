/** Billed work: a request each time a 200 is sent, an item for each id that it asked for. */
export interface Bill {
  requests: number;
  items: number;
}

/** The seller's own count; savings are read here and nowhere else. */
export interface MeterReading {
  billedRequests: number;
  billedItems: number;
  /** Requests for one id, and for more. */
  single: Bill;
  multi: Bill;
  /** By the caller's `x-porchlight-lane`; `untagged` without one. */
  lanes: Record<string, Bill>;
  /** Not billed, by HTTP status; `hung` for calls that were never answered. */
  refused: Record<string, number>;
  /** Since when, milliseconds UTC. */
  resetAt: number;
}

/** A caller names its own lane, so their number is bounded: the rest is counted together as `other`. */
export const LANES_MAX = 16;
const LANE_SHAPE = /^[a-z0-9-]{1,32}$/;

export interface Meter {
  bill(items: number, lane: string | undefined): void;
  refuse(why: number | 'hung'): void;
  read(): MeterReading;
  reset(): void;
}

const emptyReading = (resetAt: number): MeterReading => ({
  billedRequests: 0,
  billedItems: 0,
  single: { requests: 0, items: 0 },
  multi: { requests: 0, items: 0 },
  lanes: {},
  refused: {},
  resetAt,
});

const add = (bill: Bill, items: number): void => {
  bill.requests += 1;
  bill.items += items;
};

/** A meter in memory; a restart starts it from 0. */
export function createMeter(nowMs: () => number): Meter {
  let reading = emptyReading(nowMs());
  const laneOf = (named: string | undefined): Bill => {
    const wanted = named === undefined ? 'untagged' : LANE_SHAPE.test(named) ? named : 'other';
    const name = wanted in reading.lanes || Object.keys(reading.lanes).length < LANES_MAX ? wanted : 'other';
    return (reading.lanes[name] ??= { requests: 0, items: 0 });
  };
  return {
    bill(items, lane) {
      reading.billedRequests += 1;
      reading.billedItems += items;
      add(items === 1 ? reading.single : reading.multi, items);
      add(laneOf(lane), items);
    },
    refuse(why) {
      reading.refused[why] = (reading.refused[why] ?? 0) + 1;
    },
    read: () => structuredClone(reading),
    reset() {
      reading = emptyReading(nowMs());
    },
  };
}
