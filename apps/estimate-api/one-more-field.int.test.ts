import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Estimate, Facts, UpdatedEstimate } from '@porchlight/contracts';
import { estimateJsonOf, randomNonce, type EstimateCacheConnection } from '@porchlight/estimate-cache';
import { allForms, askIn } from './testing/all-forms.ts';
import { FLEET_VIEW, openFleetGround, type FleetGround } from './testing/fleet-ground.ts';

/**
 * One more field, as libs/estimate-cache/ADD-A-FIELD.md has it: writers of tomorrow store it by the FILL and UPDATE of today, and
 * processes of today answer it in every form, byte for byte.
 */

const PREFIX = `f${randomBytes(6).toString('hex')}`;
const id = (name: string): string => `${PREFIX}-${name}`;
const TEST_MS = 60_000;

/** An estimate of tomorrow; its text has letters of more than one byte, what a string escapes, and what ends a line. */
interface RicherEstimate extends UpdatedEstimate {
  readonly basis: string;
}
const BASIS = 'Étage №1 “lake view” 🏠\n\u2028{"propertyId":"x"}\r\nevent: end';

let ground: FleetGround;
/** data-writer and invalidator of tomorrow. */
let tomorrow: EstimateCacheConnection;
beforeAll(async () => {
  ground = await openFleetGround();
  tomorrow = await ground.connectWriter({
    payloadOf(propertyId, estimate, bytesMax) {
      const printed = estimateJsonOf(propertyId, estimate, bytesMax);
      const { basis } = estimate as RicherEstimate;
      return basis === undefined ? printed : `${printed.slice(0, -1)},"basis":${JSON.stringify(basis)}}`;
    },
  });
  const ids = ['new', 'old', 'back'].map(id);
  await ground.addHomes(ids);
  for (const propertyId of ids) ground.upstream.estimates.set(propertyId, richer(1));
}, TEST_MS);
afterAll(async () => {
  await tomorrow.close();
  await ground.close();
}, TEST_MS);

const richer = (estimateVersion: number): Estimate & RicherEstimate => ({
  estimateVersion,
  valueUsd: 700_000 + estimateVersion,
  lowUsd: 650_000,
  highUsd: 750_000,
  computedAt: 1_700_000_000_000,
  basis: BASIS,
});
const todays = (version: number): string =>
  `{"valueUsd":${700_000 + version},"lowUsd":650000,"highUsd":750000,"computedAt":1700000000000}`;
const tomorrows = (version: number): string => `${todays(version).slice(0, -1)},"basis":${JSON.stringify(BASIS)}}`;
const told = (name: string, estimate: string): string =>
  `{"propertyId":"${id(name)}","status":"available","estimate":${estimate}}`;

/** What each form of each process tells of a home: one text, if they agree. */
async function toldEverywhere(name: string): Promise<string[]> {
  const ask = { propertyId: id(name), others: [], view: FLEET_VIEW, role: 'unregistered' };
  const all = ground.ports.flatMap((port) => Object.values(allForms).map((form) => askIn(form, { ...ask, port })));
  expect(all).toHaveLength(14);
  return [...new Set(await Promise.all(all))];
}

/** FILL, as a warm-up does it. */
async function fill(cache: EstimateCacheConnection['cache'], name: string, estimate: Estimate): Promise<string> {
  const propertyId = id(name);
  const [won] = await cache.acquire([{ propertyId, nonce: randomNonce() }], 'w');
  if (won?.outcome !== 'win') throw new Error(`${name} is cached already`);
  const facts: Facts | undefined = (await ground.catalog.factsOf([propertyId])).get(propertyId);
  if (facts === undefined) throw new Error(`there is no ${name}`);
  const [filled] = await cache.fill([{ propertyId, class: 'w', ticket: won.ticket, facts, estimate }]);
  return filled?.outcome ?? 'nothing';
}

const update = async (cache: EstimateCacheConnection['cache'], name: string, estimate: Estimate) =>
  await cache.update([{ propertyId: id(name), estimateVersion: estimate.estimateVersion, estimate }]);

test(
  'what is stored with one more field is answered with it in every form, and an UPDATE replaces it whole',
  async () => {
    expect(await fill(tomorrow.cache, 'new', richer(1))).toBe('ok');
    expect(await toldEverywhere('new')).toEqual([told('new', tomorrows(1))]);
    expect(await update(tomorrow.cache, 'new', richer(2))).toEqual(['updated']);
    expect(await toldEverywhere('new')).toEqual([told('new', tomorrows(2))]);
    const [stored] = await ground.redis.cache.read([id('new')]);
    expect(stored?.estimateJson?.toString('utf8')).toBe(tomorrows(2));
  },
  TEST_MS,
);

test(
  'what was stored before is answered without it, until somebody who knows the field writes the home',
  async () => {
    expect(await toldEverywhere('old')).toEqual([told('old', todays(1))]); // filled by a process of today
    expect(await update(tomorrow.cache, 'old', richer(2))).toEqual(['updated']);
    expect(await toldEverywhere('old')).toEqual([told('old', tomorrows(2))]);
  },
  TEST_MS,
);

test(
  'a writer that does not know the field takes it away again: so all writers are deployed before anybody relies on it',
  async () => {
    await toldEverywhere('back');
    expect(await update(tomorrow.cache, 'back', richer(2))).toEqual(['updated']);
    expect(await toldEverywhere('back')).toEqual([told('back', tomorrows(2))]);
    expect(await update(ground.redis.cache, 'back', richer(3))).toEqual(['updated']);
    expect(await toldEverywhere('back')).toEqual([told('back', todays(3))]);
  },
  TEST_MS,
);
