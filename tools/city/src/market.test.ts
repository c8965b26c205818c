import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '@porchlight/stream';
import { applyLifeEvent, type LifePorts } from './apply-life-event.ts';
import { playEvents } from './city-life.ts';
import { createDraws } from './draws.ts';
import { generateCity } from './generate-city.ts';
import { lifeKinds, realRates, type LifeRates } from './life-rates.ts';
import { playMarket, type TimedLifeEvent } from './market.ts';

const city = generateCity({ homes: 500, seed: 1 });
const quiet = Object.fromEntries(lifeKinds.map((kind) => [kind, 0])) as unknown as LifeRates;
const lively = Object.fromEntries(lifeKinds.map((kind) => [kind, 60])) as unknown as LifeRates;

function firstEvents(count: number, rates: LifeRates, seed = 1): TimedLifeEvent[] {
  const events: TimedLifeEvent[] = [];
  for (const event of playMarket(city, rates, createDraws(seed, 'life'))) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

/** Writes down what is done, in order. */
function recordingPorts() {
  const calls: string[] = [];
  const note =
    (what: string) =>
    async (...values: unknown[]) =>
      void calls.push([what, ...values.map((value) => JSON.stringify(value))].join(' '));
  const ports: LifePorts = {
    writer: { setStatus: note('status'), setOverride: note('override'), setMls: note('mls'), setRule: note('rule') },
    simulator: {
      revalue: async ([propertyId = '']) => {
        calls.push(`revalue ${propertyId}`);
        if (propertyId === 'without') return [];
        return [{ propertyId, estimateVersion: 2, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 }];
      },
    },
    publish: async ({ propertyId, estimateVersion }) => void calls.push(`publish ${propertyId} v${estimateVersion}`),
  };
  return { calls, ports };
}

describe('the market', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(firstEvents(50, lively)).toEqual(firstEvents(50, lively));
    expect(firstEvents(50, lively, 2)).not.toEqual(firstEvents(50, lively));
  });

  test('keeps its rates', () => {
    const events = firstEvents(7_000, { ...lively, sales: 180 });
    const minutes = (events.at(-1)?.atMs ?? 0) / 60_000;
    const perMinute = (kind: string) => events.filter(({ event }) => event.kind === kind).length / minutes;
    expect(Math.abs(perMinute('revaluations') / 60 - 1)).toBeLessThan(0.15);
    expect(perMinute('ruleChanges')).toBeGreaterThan(45);
  });

  test('sells only what is for sale, and lists only what is not', () => {
    const active = new Set(
      Array.from(city)
        .filter(({ status }) => status === 'active')
        .map(({ propertyId }) => propertyId),
    );
    const wrong = firstEvents(2_000, { ...quiet, sales: 60, newListings: 60 }).filter(({ event }) => {
      if (event.kind === 'sales') return !active.delete(event.propertyId);
      if (event.kind === 'newListings') return active.size === active.add(event.propertyId).size;
      return true;
    });
    expect(wrong).toEqual([]);
  });

  test('turns a rule strict and back, so that no MLS ends closed for ever', () => {
    const events = firstEvents(400, { ...quiet, ruleChanges: 1 });
    const rules = events.flatMap(({ event }) => (event.kind === 'ruleChanges' ? [event.rule] : []));
    const [mlsId] = rules.map((rule) => rule.mlsId);
    const own = city.rules.find((rule) => rule.mlsId === mlsId);
    expect(rules.filter((rule) => rule.mlsId === mlsId).slice(0, 2)).toEqual([
      { mlsId, activeLevel: 'agent', offMarketLevel: 'verified' },
      own,
    ]);
  });

  test('refuses a life in which nothing happens', () => {
    expect(() => firstEvents(1, quiet)).toThrow(RangeError);
  });

  test('has real rates: 81 sales a working day in a county of 620,000 homes', () => {
    const rates = realRates({ homes: 620_000, activeShare: 0.02, speed: 1 });
    expect(rates.sales * 24 * 60).toBeCloseTo(81);
    expect(realRates({ homes: 620_000, activeShare: 0.02, speed: 10 }).sales).toBeCloseTo(rates.sales * 10);
  });
});

describe('an event', () => {
  test('of value goes upstream first, and to the topic after', async () => {
    const { calls, ports } = recordingPorts();
    await applyLifeEvent({ kind: 'sales', propertyId: 'p1' }, ports);
    expect(calls).toEqual(['status "p1" "off_market"', 'revalue p1', 'publish p1 v2']);
  });

  test('of value for a home without an estimate publishes nothing', async () => {
    const { calls, ports } = recordingPorts();
    await applyLifeEvent({ kind: 'revaluations', propertyId: 'without' }, ports);
    expect(calls).toEqual(['revalue without']);
  });

  test('of visibility goes into the database', async () => {
    const { calls, ports } = recordingPorts();
    await applyLifeEvent({ kind: 'newListings', propertyId: 'p1' }, ports);
    await applyLifeEvent({ kind: 'overrides', propertyId: 'p1', level: null }, ports);
    await applyLifeEvent({ kind: 'mlsMoves', propertyId: 'p1', mlsId: 'm' }, ports);
    await applyLifeEvent(
      { kind: 'ruleChanges', rule: { mlsId: 'm', activeLevel: 'agent', offMarketLevel: 'agent' } },
      ports,
    );
    expect(calls).toEqual([
      'status "p1" "active"',
      'override "p1" null',
      'mls "p1" "m"',
      'rule {"mlsId":"m","activeLevel":"agent","offMarketLevel":"agent"}',
    ]);
  });
});

describe('playing', () => {
  const events: TimedLifeEvent[] = [100, 200, 5_000].map((atMs) => ({
    atMs,
    event: { kind: 'revaluations', propertyId: `p${atMs}` },
  }));

  test('makes each event happen at its moment and ends after the duration', async () => {
    const clock = new ManualClock();
    const { calls, ports } = recordingPorts();
    const playing = playEvents(events, ports, { clock, durationMs: 1_000 });
    await clock.advance(150);
    expect(calls).toEqual(['revalue p100', 'publish p100 v2']);
    await clock.advance(1_000);
    expect((await playing).revaluations).toBe(2);
  });

  test('ends soon after it is called off', async () => {
    const clock = new ManualClock();
    const end = new AbortController();
    const { ports } = recordingPorts();
    const playing = playEvents(events, ports, { clock, durationMs: Infinity, signal: end.signal });
    await clock.advance(150);
    end.abort();
    await clock.advance(200);
    expect((await playing).revaluations).toBe(1);
  });
});
