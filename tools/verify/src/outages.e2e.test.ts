import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateCity, loadCity, type City } from '@porchlight/city';
import { keysOf } from '@porchlight/estimate-cache';
import { faultyProxy, type FaultyProxy } from '@porchlight/estimate-cache/testing';
import {
  appNames,
  fleetPortWishes,
  freeFleetPorts,
  memberNames,
  simulatorName,
  startFleet,
  type AppName,
  type Fleet,
} from '@porchlight/run';
import { Redis } from 'ioredis';
import { eventually } from './testing/eventually.ts';
import { deployOn, givenServers } from './testing/given-servers.ts';
import { openHomes } from './testing/open-homes.ts';

/*
 * Kafka, the registry, Redis or PostgreSQL away at the start, Redis, PostgreSQL or upstream away in the middle: every app waits, says for
 * whom, stays alive, parks nothing, and goes on when they are back. A wire that can be cut stands before each real server.
 */

const CITY = { homes: 20_000, seed: 1 };
const START_MS = 180_000;
const WIRED = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL', 'DATABASE_URL'] as const;

let city: City;
/** Straight to the server, past the wire. */
let redis: Redis;
let wires: Record<(typeof WIRED)[number], FaultyProxy>;
let starting: Promise<Fleet>;
let fleet: Fleet;
let folder: string;
let ports: Awaited<ReturnType<typeof freeFleetPorts>>;

/** An address with the wire's port in place of the server's. */
function throughWire(address: string, wire: FaultyProxy): string {
  const { port } = new URL(wire.url);
  if (!address.includes('://')) return `127.0.0.1:${port}`;
  const url = new URL(address);
  [url.hostname, url.port] = ['127.0.0.1', port];
  return url.href;
}

const asUrl = (address: string): string => (address.includes('://') ? address : `tcp://${address.split(',')[0] ?? ''}`);

const says = async (app: AppName, path: '/livez' | '/readyz'): Promise<number> =>
  (await fetch(`http://127.0.0.1:${ports.operations[app]}${path}`)).status;

const answerOf = async (
  propertyId: string,
  deadlineMs = 1_000,
): Promise<{ status: number; body: { status?: string } }> => {
  const response = await fetch(`${fleet.apiUrl}/v1/estimates/${propertyId}?deadlineMs=${deadlineMs}`);
  return { status: response.status, body: (await response.json()) as { status?: string } };
};

const becomesAvailable = (propertyId: string): Promise<void> =>
  eventually(async () => expect((await answerOf(propertyId)).body.status).toBe('available'), 20_000);

beforeAll(async () => {
  city = generateCity(CITY);
  const servers = givenServers();
  redis = new Redis(servers.REDIS_URL);
  await deployOn(servers);
  const made = await Promise.all(WIRED.map(async (name) => [name, await faultyProxy(asUrl(servers[name]))] as const));
  wires = Object.fromEntries(made) as typeof wires;
  for (const wire of Object.values(wires)) await wire.cut();
  folder = mkdtempSync(join(tmpdir(), 'porchlight-outages-'));
  ports = await freeFleetPorts(fleetPortWishes('outages'), memberNames);
  const environment = Object.fromEntries(WIRED.map((name) => [name, throughWire(servers[name], wires[name])]));
  starting = startFleet({
    stack: { environment, folder },
    instance: 'outages',
    ports,
    beforeApps: async ({ simulatorUrl }) => {
      await loadCity({ databaseUrl: servers.DATABASE_URL, simulatorUrl, ...CITY });
    },
  });
  starting.catch(() => undefined);
}, START_MS);

afterAll(async () => {
  await starting?.then((started) => started.stop()).catch(() => undefined);
  for (const wire of Object.values(wires ?? {})) await wire.close();
  redis?.disconnect();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe('outages', () => {
  let homes: Iterator<string>;
  /** The next home, out of the cache: an earlier test may have asked for it. */
  const nextHome = async (): Promise<string> => {
    const propertyId = homes.next().value as string;
    await redis.del(keysOf(propertyId, 'e1').value);
    return propertyId;
  };

  test('with every server away at the start, each app is alive, not ready, and says for whom it waits', async () => {
    // each is asked for by one test only; from the far end: the walk asks for the fullest tiles
    homes = openHomes(city, 'off_market').toReversed().values();
    for (const app of appNames) {
      await eventually(async () => {
        expect({ app, livez: await says(app, '/livez'), readyz: await says(app, '/readyz') }).toEqual({
          app,
          livez: 200,
          readyz: 503,
        });
        expect(readFileSync(join(folder, 'logs', `${app}.log`), 'utf8')).toMatch(/waits for|waiting for/);
      }, 60_000);
    }
  }, 120_000);

  test('when the servers are back, every app becomes ready and homes are answered', async () => {
    for (const wire of Object.values(wires)) await wire.mend();
    fleet = await starting;
    for (const app of appNames) expect({ app, readyz: await says(app, '/readyz') }).toEqual({ app, readyz: 200 });
    await becomesAvailable(await nextHome());
  }, 120_000);

  test('with Redis away, a miss is still answered or pending within its deadline, and fills again when it is back', async () => {
    await wires.REDIS_URL.cut();
    const asked = await nextHome();
    const { status, body } = await answerOf(asked);
    expect(status).toBe(200);
    expect(['available', 'pending']).toContain(body.status);
    for (const app of appNames) expect({ app, livez: await says(app, '/livez') }).toEqual({ app, livez: 200 });
    expect(await says('estimate-api', '/readyz')).toBe(200);
    await wires.REDIS_URL.mend();
    const filled = await nextHome();
    await eventually(async () => {
      await answerOf(filled); // what was fetched while Redis was away is not filled: ask until it is
      expect((await answerOf(filled, 0)).body.status).toBe('available');
    });
  }, 60_000);

  test('with PostgreSQL away, hits go on being served and misses are pending', async () => {
    const cached = await nextHome();
    await becomesAvailable(cached);
    await wires.DATABASE_URL.cut();
    expect((await answerOf(cached)).body.status).toBe('available');
    const missed = await nextHome();
    expect((await answerOf(missed)).body.status).toBe('pending');
    for (const app of appNames) expect({ app, livez: await says(app, '/livez') }).toEqual({ app, livez: 200 });
    await wires.DATABASE_URL.mend();
    await becomesAvailable(missed);
  }, 60_000);

  test('with upstream away, misses are pending and hits are served, and it goes on when it is back', async () => {
    const cached = await nextHome();
    await becomesAvailable(cached);
    await fleet.kill(simulatorName, 'SIGKILL');
    const missed = await nextHome();
    expect((await answerOf(missed)).body.status).toBe('pending');
    expect((await answerOf(cached)).body.status).toBe('available');
    await fleet.restart(simulatorName);
    await becomesAvailable(missed);
  }, 60_000);

  test('none of it parked a record or ended a process', async () => {
    for (const app of appNames) {
      expect({ app, livez: await says(app, '/livez') }).toEqual({ app, livez: 200 });
      expect({ app, parked: (await fleet.metrics(app)).sum('porchlight.stream.parked') }).toEqual({ app, parked: 0 });
    }
  });
});
