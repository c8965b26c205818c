import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { generateCity, loadCity, type City, type CityHome } from '@porchlight/city';
import { createSchemaRegistry, createSerde, topics, type ContractSerde, type Estimate } from '@porchlight/contracts';
import { keysOf } from '@porchlight/estimate-cache';
import { connectCatalogWriter, type CatalogWriter } from '@porchlight/property-catalog';
import { startFleet, type Fleet } from '@porchlight/run';
import { feedRuns } from './feed-runs.ts';
import { deployOn, givenServers, type GivenServers } from './given-servers.ts';

const HOMES = 20_000;
const SEED = 1;
/** The default of estimate-api. */
const FEED_STALE_MS = 30_000;

export interface Result {
  readonly propertyId: string;
  readonly status: string;
  readonly estimate?: { readonly valueUsd: number };
  readonly requiredRole?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The whole of Porchlight on real servers, a city in it, and hands on everything that a person would touch. */
export interface WalkWorld {
  readonly city: City;
  readonly fleet: Fleet;
  readonly writer: CatalogWriter;
  readonly redis: Redis;
  get(path: string, viewer?: Viewer): Promise<Answer>;
  post(path: string, body: unknown, viewer?: Viewer): Promise<Answer>;
  admin(path: string, body?: unknown): Promise<unknown>;
  /** Milliseconds that the value of a home has left in Redis; negative when it is not there. */
  ttlMsOf(propertyId: string): Promise<number>;
  /** Revalues a home as the valuation team does: upstream first, the topic after. */
  revalue(propertyId: string): Promise<Estimate>;
  /** Puts bytes on a topic as they are. */
  publishRaw(topic: string, key: string, value: Buffer): Promise<void>;
  homes(wanted: (home: CityHome) => boolean): CityHome[];
  close(): Promise<void>;
}

export interface Viewer {
  readonly role?: 'unregistered' | 'registered' | 'verified' | 'agent';
  readonly sessionId?: string;
}

async function connectPublisher(environment: GivenServers): Promise<{ producer: Producer; serde: ContractSerde }> {
  const kafka = new Kafka({
    clientId: 'walk',
    brokers: environment.KAFKA_BROKERS.split(','),
    logLevel: logLevel.NOTHING,
  });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  const serde = createSerde({ registry: createSchemaRegistry({ url: environment.SCHEMA_REGISTRY_URL }) });
  await serde.prepare([topics.estimateUpdated]);
  return { producer, serde };
}

function viewerOf(fleet: Fleet): (viewer: Viewer) => Promise<Record<string, string>> {
  const tokens = new Map<string, string>();
  return async ({ role, sessionId }) => {
    if (role && !tokens.has(role)) tokens.set(role, await fleet.auth.token(role));
    return {
      ...(role ? { authorization: `Bearer ${tokens.get(role) ?? ''}` } : {}),
      ...(sessionId ? { 'x-session-id': sessionId } : {}),
    };
  };
}

/** Brings everything up, with the deploy step before the apps and the city before the first call. */
export async function openWalkWorld(): Promise<WalkWorld> {
  const environment = givenServers();
  const { REDIS_URL, DATABASE_URL } = environment;
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-walk-'));
  await deployOn(environment);
  const fleet = await startFleet({
    stack: { environment, folder },
    instance: 'walk',
    beforeApps: async ({ simulatorUrl }) => {
      await loadCity({ databaseUrl: DATABASE_URL, simulatorUrl, homes: HOMES, seed: SEED });
    },
  });
  await feedRuns(fleet, FEED_STALE_MS);
  const city = generateCity({ homes: HOMES, seed: SEED });
  const redis = new Redis(REDIS_URL);
  const writer = connectCatalogWriter({ databaseUrl: DATABASE_URL });
  const { producer, serde } = await connectPublisher(environment);
  const headersOf = viewerOf(fleet);
  const ask = async (path: string, viewer: Viewer, init: RequestInit): Promise<Answer> => {
    const headers = { ...(await headersOf(viewer)), ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(`${fleet.apiUrl}${path}`, { ...init, headers });
    return { status: response.status, body: await response.json() };
  };
  const json = { 'content-type': 'application/json' };
  const admin = async (path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? {} : { method: 'POST', headers: json, body: JSON.stringify(body) };
    const response = await fetch(`${fleet.simulatorUrl}${path}`, init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const publishRaw = async (topic: string, key: string, value: Buffer): Promise<void> => {
    await producer.send({ topic, messages: [{ key, value }] });
  };
  return {
    city,
    fleet,
    writer,
    redis,
    admin,
    publishRaw,
    get: (path, viewer = {}) => ask(path, viewer, {}),
    post: (path, body, viewer = {}) => ask(path, viewer, { method: 'POST', headers: json, body: JSON.stringify(body) }),
    ttlMsOf: (propertyId) => redis.pttl(keysOf(propertyId, 'e1').value),
    async revalue(propertyId) {
      const { estimates } = (await admin('/admin/revalue', { propertyIds: [propertyId] })) as { estimates: Estimate[] };
      const [estimate] = estimates.filter(
        (each) => (each as Estimate & { propertyId: string }).propertyId === propertyId,
      );
      if (!estimate) throw new Error(`the simulator did not revalue ${propertyId}`);
      const { estimateVersion, valueUsd, lowUsd, highUsd, computedAt } = estimate;
      const value = { propertyId, estimateVersion, estimate: { valueUsd, lowUsd, highUsd, computedAt } };
      await publishRaw(topics.estimateUpdated.name, propertyId, serde.encode(topics.estimateUpdated, value));
      return estimate;
    },
    homes: (wanted) => [...city].filter(wanted),
    async close() {
      await fleet.stop();
      await Promise.all([redis.quit(), writer.close(), producer.disconnect()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
