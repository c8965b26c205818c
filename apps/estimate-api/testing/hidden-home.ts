import fc from 'fast-check';
import { CacheUnavailable } from '@porchlight/estimate-cache';
import { SourceUnavailable } from '@porchlight/estimate-source';
import type { LoadedProperty } from '@porchlight/property-catalog';
import type { Role } from '@porchlight/visibility';
import type { ApiBench } from './api-bench.ts';
import type { Canary } from './leak-judge.ts';
import { everyCase, rulesFor, type VisibilityCase } from './visibility-table.ts';

/** What is cached of the home when it is asked for. */
export const cachedStates = ['fresh', 'doubtful', 'softly expired', 'changed since', 'corrupt', 'absent'] as const;

/** What goes wrong meanwhile; each error carries the estimate's bytes, as a careless driver's would. */
export const faults = [
  'none',
  'Redis: read',
  'Redis: acquire',
  'Redis: fill',
  'Redis: release',
  'Redis: touch',
  'Redis: invalidate',
  'a bug: read',
  'a bug: acquire',
  'a bug: fill',
  'a bug: fetch',
  'a bug: the rules',
  'upstream',
  'the primary',
  'checks',
  'fill refused: epoch',
  'fill refused: behind',
  'no rules',
] as const;
export type Fault = (typeof faults)[number];

/** A home, who looks at it though they may not see it, and what happens meanwhile. */
export interface HiddenHome {
  readonly canary: Canary;
  readonly hidden: VisibilityCase;
  readonly cached: (typeof cachedStates)[number];
  readonly fault: Fault;
  /** Somebody who may see as much as anybody asks at the same moment, so that the value is really on its way. */
  readonly hasAgent: boolean;
  readonly deadlineMs: 0 | 100 | 1_000;
}

/** 15 digits that are like no instant and no count. */
const amount = fc
  .noBias(fc.integer({ min: 100_000_000_000_000, max: 280_000_000_000_000 }))
  .filter((value) => new Set(String(value)).size >= 5);
const isStorable = ({ facts }: VisibilityCase): boolean =>
  facts.status !== 'unknown' && facts.overrideLevel !== 'unknown';
const tooLow = everyCase.filter((one) => one.verdict !== 'shown' && isStorable(one));

export const hiddenHomes: fc.Arbitrary<HiddenHome> = fc.record({
  canary: fc.record({ valueUsd: amount, lowUsd: amount, highUsd: amount, computedAt: amount }),
  hidden: fc.constantFrom(...tooLow),
  cached: fc.constantFrom(...cachedStates),
  fault: fc.constantFrom(...faults),
  hasAgent: fc.boolean(),
  deadlineMs: fc.constantFrom(0 as const, 100 as const, 1_000 as const),
});

export const HOME = 'p-hidden';
const SOFT_MS = 0.86 * 300_000;
const DOUBT_MS = 40_000;
const FEED_DOWN_MS = 121_000;

/** Sets the bench up as the scenario says. */
export async function prepare(bench: ApiBench, scenario: HiddenHome): Promise<void> {
  const { cache, catalog, clock, feed, source } = bench;
  const { canary, hidden, cached, fault } = scenario;
  for (const rule of rulesFor(hidden.facts.status)) await bench.rule(rule);
  await clock.advance(2_000);
  const { status, mlsId, overrideLevel } = hidden.facts as Pick<LoadedProperty, 'status' | 'mlsId' | 'overrideLevel'>;
  const wasOpen = cached === 'changed since';
  bench.home(HOME, { status, ...(wasOpen ? {} : { mlsId, overrideLevel }) });
  source.set(HOME, { estimateVersion: 1, ...canary });
  if (cached === 'corrupt') cache.plant(HOME, `2|s${JSON.stringify(canary)}`);
  else if (cached !== 'absent') await fill(bench, canary);
  if (wasOpen) {
    await catalog.setMls(HOME, mlsId);
    await catalog.setOverride(HOME, overrideLevel);
  }
  if (cached === 'softly expired') await clock.advance(SOFT_MS);
  if (cached === 'doubtful' || wasOpen) {
    feed.mark = () => null;
    // Unchecked, a value may be shown for feedDownMs although it has changed: that is a promise of its own, and not this one.
    await clock.advance(wasOpen && fault === 'checks' ? FEED_DOWN_MS : DOUBT_MS);
  }
  breakIt(bench, scenario);
}

async function fill({ cache, catalog }: ApiBench, canary: Canary): Promise<void> {
  const [won] = await cache.acquire([{ propertyId: HOME, nonce: 'a filler' }], 's');
  const facts = (await catalog.factsOf([HOME])).get(HOME);
  if (won?.outcome !== 'win' || facts === undefined) throw new Error('the home cannot be filled');
  const estimate = { estimateVersion: 1, ...canary };
  const [filled] = await cache.fill([{ propertyId: HOME, class: 's', ticket: won.ticket, facts, estimate }]);
  if (filled?.outcome !== 'ok') throw new Error('the home was not filled');
}

/** A careless error: its words, its fields and its cause carry the bytes. */
function careless<E extends Error>(error: E, json: string): E {
  return Object.assign(error, { value: json, command: { name: 'evalsha', args: [json] }, cause: new Error(json) });
}

function breakIt(bench: ApiBench, { canary, fault }: HiddenHome): void {
  const { beforeCache, beforeCatalog, beforeChecks, cache, rules, source } = bench;
  const json = JSON.stringify(canary);
  const failing = (error: Error) => () => {
    throw careless(error, json);
  };
  const [kind, method = ''] = fault.split(': ');
  if (kind === 'Redis') Object.assign(beforeCache, { [method]: failing(new CacheUnavailable(`-ERR '${json}'`)) });
  if (kind === 'a bug') {
    const bug = failing(new TypeError(`cannot read ${json}`));
    if (method === 'fetch') source.fetch = bug;
    else if (method === 'the rules') Object.assign(rules, { get: bug });
    else Object.assign(beforeCache, { [method]: bug });
  }
  if (fault === 'upstream') source.failAlways(careless(new SourceUnavailable(`the body was ${json}`), json));
  if (fault === 'the primary') Object.assign(beforeCatalog, { factsOf: failing(new Error(`row: ${json}`)) });
  if (fault === 'checks') Object.assign(beforeChecks, { factsOf: failing(new Error(`row: ${json}`)) });
  if (fault === 'fill refused: epoch') Object.assign(beforeCache, { fill: () => cache.evict(HOME, 'flight') });
  if (fault === 'fill refused: behind') {
    const raise = (): void => {
      const { flight } = cache.stateOf(HOME);
      if (flight !== null) Object.assign(flight, { factsFence: flight.factsFence + 1_000 });
    };
    Object.assign(beforeCache, { fill: raise });
  }
  if (fault === 'no rules') rules.usable = false;
}

/** A way to ask for the home. */
export interface Form {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly payload?: object;
  readonly accept?: string;
}

/** Every route that tells of homes, in every form. */
export function formsOf(deadlineMs: number): Readonly<Record<string, Form>> {
  const view = 'west=-122.31&south=47.59&east=-122.29&north=47.61&zoom=16';
  const viewport = { west: -122.31, south: 47.59, east: -122.29, north: 47.61 };
  const single: Form = { method: 'GET', url: `/v1/estimates/${HOME}?deadlineMs=${deadlineMs}` };
  const payload = { propertyIds: ['p-unknown', HOME, HOME], deadlineMs, viewport, zoom: 16 };
  const batch: Form = { method: 'POST', url: '/v1/estimates:batchGet', payload };
  const map: Form = { method: 'GET', url: `/v1/map/estimates?${view}&deadlineMs=${deadlineMs}` };
  return {
    single,
    batch,
    map,
    density: { method: 'GET', url: `/v1/map/density?${view}` },
    'batch as events': { ...batch, accept: 'text/event-stream' },
    'batch as lines': { ...batch, accept: 'application/x-ndjson' },
    'map as events': { ...map, accept: 'text/event-stream' },
    'map as lines': { ...map, accept: 'application/x-ndjson' },
    'refused: a deadline': { ...single, url: `/v1/estimates/${HOME}?deadlineMs=x` },
    'refused: too far': { ...map, url: map.url.replace('zoom=16', 'zoom=3') },
    'refused: a method': { ...single, method: 'POST' },
  };
}

/** As a viewer of this role. */
export const askedAs = (role: Role, { method, url, payload, accept }: Form) => ({
  method,
  url,
  ...(payload && { payload }),
  headers: {
    'x-viewer-role': role,
    'x-session-id': 's-1',
    'x-request-id': 'r-1',
    ...(accept !== undefined && { accept }),
  },
});
