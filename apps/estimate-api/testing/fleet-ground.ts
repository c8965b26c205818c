import { connectEstimateCache, type CacheConfig } from '@porchlight/estimate-cache';
import { connectCatalog, connectCatalogWriter } from '@porchlight/property-catalog';
import { createTestDatabase } from '@porchlight/property-catalog/testing';
import { newGeneration, startRealApi, needed, type RealApi } from './real-api.ts';
import { startSocketUpstream } from './upstream-on-a-socket.ts';

/** A view with the homes that are added here. */
export const FLEET_VIEW = 'west=-122.31&south=47.59&east=-122.29&north=47.61&zoom=16';

export type FleetGround = Awaited<ReturnType<typeof openFleetGround>>;

/** Two estimate-apis as they run on a real Redis and a real PostgreSQL, whose homes are changed as the invalidator does it. */
export async function openFleetGround() {
  const database = await createTestDatabase(needed('DATABASE_URL'));
  const writer = connectCatalogWriter({ databaseUrl: database.databaseUrl });
  const catalog = connectCatalog({ databaseUrl: database.databaseUrl, poolMax: 1 });
  const upstream = await startSocketUpstream();
  const keyGeneration = newGeneration();
  const url = needed('REDIS_URL');
  /** Another process that writes to the cache: data-writer or invalidator. */
  const connectWriter = (changes: Partial<CacheConfig> = {}) =>
    connectEstimateCache({ url, config: { keyGeneration, ...changes } });
  const redis = await connectWriter();
  const startApi = (): Promise<RealApi> =>
    startRealApi({
      DATABASE_URL: database.databaseUrl,
      UPSTREAM_URL: upstream.url,
      UPSTREAM_API_KEY: 'key',
      CACHE_KEY_GENERATION: keyGeneration,
      FEED_STALE_MS: '2000', // there is no feed: hits are checked
    });
  const apis: RealApi[] = [await startApi(), await startApi()];
  return {
    upstream,
    redis,
    catalog,
    connectWriter,
    ports: apis.map(({ port }) => port),
    async addHomes(propertyIds: readonly string[]): Promise<void> {
      const home = { latitude: 47.6, longitude: -122.3, status: 'active', mlsId: null, overrideLevel: null } as const;
      await writer.loadProperties([propertyIds.map((propertyId) => ({ propertyId, ...home }))]);
    },
    /** Changes who may see a home. Resolves when INVALIDATE has acknowledged it. */
    async override(propertyId: string, level: 'agent' | null): Promise<void> {
      await writer.setOverride(propertyId, level);
      const [row] = await database.query<{ visibility_version: string }>(
        'SELECT visibility_version FROM porchlight.property WHERE property_id = $1',
        [propertyId],
      );
      await redis.cache.invalidate([{ propertyId, visibilityVersion: Number(row?.visibility_version) }]);
    },
    async close(): Promise<void> {
      await Promise.all(apis.map((api) => api.stop()));
      await Promise.all([redis, writer, catalog, upstream].map((each) => each.close()));
      await database.drop();
    },
  };
}
