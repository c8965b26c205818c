import type { Ticket } from '@porchlight/contracts';
import type { EstimateCache } from '@porchlight/estimate-cache';
import type { Say } from '../bench.ts';
import { createDurations, rounded, type Durations } from '../quantiles.ts';
import type { BareRedis } from './bare-redis.adapter.ts';
import { fillOf, flightKeyAt, idAt, ticketsFor, valueKeyAt } from './homes.ts';

const HOMES = 500;
/** Calls of one home at once. */
const AT_ONCE = 8;
/** Homes of one ACQUIRE: a map's misses. */
const ACQUIRE_BATCH = 100;
const TTL_MS = 300_000;
/** Homes that no other measurement uses. */
const FIRST_HOME = 9_000_000;
const WARM_UP_ROUNDS = 3;
/** A stored value, for the twin to set. */
const SAMPLE_BYTES = 137;

export interface WriteFigures {
  readonly fillP99Ms: number;
  readonly fillPerS: number;
  readonly setP99Ms: number;
  readonly setPerS: number;
  readonly invalidateP99Ms: number;
  readonly invalidatePerS: number;
  readonly delP99Ms: number;
  readonly delPerS: number;
  readonly acquire100P50Ms: number;
  readonly acquire100P99Ms: number;
  readonly lock100P50Ms: number;
  readonly lock100P99Ms: number;
}

/** Every call's duration, and how long all of them took together. */
class Tally {
  readonly durations: Durations = createDurations();
  #calls = 0;
  #tookMs = 0;

  async spend(calls: readonly (() => Promise<unknown>)[], atOnce: number): Promise<void> {
    const startedAt = performance.now();
    let at = 0;
    const run = async (): Promise<void> => {
      for (let call = calls[at++]; call !== undefined; call = calls[at++]) {
        const begunAt = performance.now();
        await call();
        this.durations.record(performance.now() - begunAt);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, run));
    this.#calls += calls.length;
    this.#tookMs += performance.now() - startedAt;
  }

  perS(): number {
    return Math.round((this.#calls * 1_000) / this.#tookMs);
  }

  reset(): void {
    this.durations.reset();
    this.#calls = 0;
    this.#tookMs = 0;
  }
}

const kinds = ['acquire', 'lock', 'fill', 'set', 'invalidate', 'del'] as const;
type Tallies = Record<(typeof kinds)[number], Tally>;

interface Sides {
  readonly cache: EstimateCache;
  readonly bare: BareRedis;
}

const ids = Array.from({ length: HOMES }, (_, i) => idAt(FIRST_HOME + i));
const keys = ids.map((id) => `${valueKeyAt(id)}bare`);
const parts = Array.from({ length: HOMES / ACQUIRE_BATCH }, (_, i) => i * ACQUIRE_BATCH);

/** One round: each kind of ours next to its twin, in an order that is turned round every time. */
async function round({ cache, bare }: Sides, tallies: Tallies, version: number): Promise<void> {
  const twinFirst = version % 2 === 0;
  const inTurn = async (ours: () => Promise<void>, twin: () => Promise<void>): Promise<void> => {
    for (const side of twinFirst ? [twin, ours] : [ours, twin]) await side();
  };
  const sample = Buffer.alloc(SAMPLE_BYTES, 'x');
  const tickets: Ticket[] = [];
  const acquire = parts.map((at) => async () => {
    const drawn = await ticketsFor(cache, ids.slice(at, at + ACQUIRE_BATCH));
    drawn.forEach((ticket, i) => (tickets[at + i] = ticket));
  });
  await inTurn(
    () => tallies.acquire.spend(acquire, 1),
    () =>
      tallies.lock.spend(
        parts.map((at) => () => bare.lock(keys.slice(at, at + ACQUIRE_BATCH), TTL_MS)),
        1,
      ),
  );
  const fill = ids.map((id, i) => async () => {
    const ticket = tickets[i];
    if (ticket === undefined) throw new Error('a home without a ticket');
    const [answer] = await cache.fill([fillOf(id, ticket, version)]);
    if (answer?.outcome !== 'ok') throw new Error(`a fill of the bench was refused: ${answer?.outcome}`);
  });
  await inTurn(
    () => tallies.fill.spend(fill, AT_ONCE),
    () =>
      tallies.set.spend(
        keys.map((key) => () => bare.set(key, sample, TTL_MS)),
        AT_ONCE,
      ),
  );
  const invalidate = ids.map((propertyId) => async () => {
    const [outcome] = await cache.invalidate([{ propertyId, visibilityVersion: version + 1 }]);
    if (outcome !== 'removed') throw new Error(`an invalidation of the bench removed nothing: ${outcome}`);
  });
  await inTurn(
    () => tallies.invalidate.spend(invalidate, AT_ONCE),
    () =>
      tallies.del.spend(
        keys.map((key) => () => bare.del(key)),
        AT_ONCE,
      ),
  );
}

/** FILL against SET, INVALIDATE against DEL, ACQUIRE of a hundred homes against a hundred locks, by turns in rounds of 500 homes. */
export async function measureWrites(
  sides: Sides,
  { rounds, say }: { readonly rounds: number; readonly say: Say },
): Promise<WriteFigures> {
  const tallies = Object.fromEntries(kinds.map((kind) => [kind, new Tally()])) as Tallies;
  for (let at = 0; at < rounds + WARM_UP_ROUNDS; at += 1) {
    if (at === WARM_UP_ROUNDS) for (const kind of kinds) tallies[kind].reset();
    await round(sides, tallies, at + 1);
  }
  await sides.bare.unlink([...keys, ...ids.map(valueKeyAt), ...ids.map(flightKeyAt)]);
  for (const [ours, twin] of [
    ['fill', 'set'],
    ['invalidate', 'del'],
    ['acquire', 'lock'],
  ] as const) {
    const line = (kind: keyof Tallies) => {
      const { durations } = tallies[kind];
      return `${kind.toUpperCase()} ${tallies[kind].perS().toLocaleString('en-US')} a second, p50 ${rounded(durations.at(50))} ms, p99 ${rounded(durations.at(99))} ms`;
    };
    say(`  ${line(ours)}; ${line(twin)}${ours === 'acquire' ? ' (100 homes in one pipeline)' : ''}`);
  }
  const p = (kind: keyof Tallies, percentile: number) => rounded(tallies[kind].durations.at(percentile), 3);
  return {
    fillP99Ms: p('fill', 99),
    fillPerS: tallies.fill.perS(),
    setP99Ms: p('set', 99),
    setPerS: tallies.set.perS(),
    invalidateP99Ms: p('invalidate', 99),
    invalidatePerS: tallies.invalidate.perS(),
    delP99Ms: p('del', 99),
    delPerS: tallies.del.perS(),
    acquire100P50Ms: p('acquire', 50),
    acquire100P99Ms: p('acquire', 99),
    lock100P50Ms: p('lock', 50),
    lock100P99Ms: p('lock', 99),
  };
}
