import type { City } from '@porchlight/city';
import { maySee, type HomesIndex, type PlannedCall } from '@porchlight/traffic';
import { createSimulator } from '@porchlight/upstream-simulator';

const IDS_A_CALL_MAX = 100;
const CALLS_AT_ONCE = 16;
const HOMES_A_LOAD = 10_000;
const API_KEY = 'no-cache-arm';

/** What the seller's meter says. */
export interface Bill {
  readonly billedRequests: number;
  readonly billedItems: number;
}

/** The ids that a call would pay for without a cache: those that are drawn and that the viewer may see. */
function paidIdsOf(call: PlannedCall, homes: HomesIndex, numberOf: ReadonlyMap<string, number>): string[] {
  if (call.kind === 'density') return [];
  const numbers =
    call.kind === 'single'
      ? [numberOf.get(call.propertyId) ?? -1]
      : [...homes.homesIn(call.viewport, call.limit).shown];
  return numbers
    .filter((number) => number >= 0 && maySee(call.role, homes.levelOf(number)))
    .map((number) => homes.idOf(number));
}

/**
 * What nobody can go below who pays for a home only once it is looked at, or ahead of it within the same window: each home that the window
 * needs and the time before it did not, paid for once, in calls of a hundred. Pure; of a cache that loses nothing and forecasts that never err.
 */
export function leastBill(
  plan: readonly PlannedCall[],
  homes: HomesIndex,
  { countFromMs }: { readonly countFromMs: number },
): Bill {
  const numberOf = new Map(Array.from({ length: homes.size }, (_, number) => [homes.idOf(number), number]));
  const cached = new Set<string>();
  const paid = new Set<string>();
  for (const call of plan) {
    for (const id of paidIdsOf(call, homes, numberOf)) {
      if (call.atMs < countFromMs) cached.add(id);
      else if (!cached.has(id)) paid.add(id);
    }
  }
  return { billedRequests: Math.ceil(paid.size / IDS_A_CALL_MAX), billedItems: paid.size };
}

/**
 * The arm without a cache: every planned call goes to a simulator of its own, and its meter is read. The arm has no memory, so it need not
 * take the plan's time: the calls are made as fast as they are answered.
 */
export async function noCacheBill(plan: readonly PlannedCall[], homes: HomesIndex, city: City): Promise<Bill> {
  const simulator = await createSimulator({ apiKey: API_KEY, latency: { kind: 'fixed', latencyMs: 0 }, ratePerS: 0 });
  const numberOf = new Map(Array.from({ length: homes.size }, (_, number) => [homes.idOf(number), number]));
  try {
    const values = [...city].map(({ propertyId, valueUsd }) => ({ propertyId, valueUsd }));
    for (let from = 0; from < values.length; from += HOMES_A_LOAD)
      simulator.load(values.slice(from, from + HOMES_A_LOAD));
    const batches = plan.flatMap((call) => {
      const ids = paidIdsOf(call, homes, numberOf);
      return Array.from({ length: Math.ceil(ids.length / IDS_A_CALL_MAX) }, (_, at) =>
        ids.slice(at * IDS_A_CALL_MAX, (at + 1) * IDS_A_CALL_MAX),
      );
    });
    const next = batches.values();
    const caller = async (): Promise<void> => {
      for (const propertyIds of next) {
        const response = await fetch(`${simulator.url}/v1/estimates:batchGet`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
          body: JSON.stringify({ propertyIds }),
        });
        if (response.status !== 200) throw new Error(`the no-cache arm was answered ${response.status}`);
        await response.arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, caller));
    const { billedRequests, billedItems } = simulator.meter.read();
    return { billedRequests, billedItems };
  } finally {
    await simulator.close();
  }
}
