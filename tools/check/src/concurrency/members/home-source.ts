import type { Facts } from '@porchlight/contracts';
import { coalesce } from '@porchlight/estimate-cache/testing/histories';
import { batchingSource, httpEstimateSource } from '@porchlight/estimate-source';
import { connectCatalog } from '@porchlight/property-catalog';
import type { HomeSource } from '../designs/design.ts';
import type { LoadOptions } from './load-protocol.ts';

const POOL_MAX = 4;
const WAITING_MAX = 1_000;
/** Of a connection: the machine is busy on purpose. */
const CONNECT_MS = 5_000;
const LINGER_MS = 2;
const REQUESTS_MAX = 16;
const TIMEOUT_MS = 5_000;

/** Questions of one turn of the event loop share a statement. */
function batchFacts(factsOf: (ids: readonly string[]) => Promise<Map<string, Facts>>): HomeSource['factsOf'] {
  const ask = coalesce(async (ids: readonly string[]) => {
    const found = await factsOf([...new Set(ids)]);
    return ids.map((id) => found.get(id));
  });
  return async (propertyId) => {
    const [facts] = await ask([propertyId]);
    if (facts === undefined) throw new Error(`no home ${propertyId}`);
    return facts;
  };
}

/** The property database by the shipped statement, and upstream by the shipped client: the same for every design. */
export function connectHomeSource({ databaseUrl, upstreamUrl, upstreamKey }: LoadOptions) {
  const catalog = connectCatalog({
    databaseUrl,
    poolMax: POOL_MAX,
    waitingMax: WAITING_MAX,
    connectTimeoutMs: CONNECT_MS,
    statementTimeoutMs: TIMEOUT_MS,
  });
  const http = httpEstimateSource({ url: upstreamUrl, apiKey: upstreamKey, timeoutMs: TIMEOUT_MS });
  const upstream = batchingSource(http, {
    lingerMs: LINGER_MS,
    requestsInFlightMax: REQUESTS_MAX,
    timeoutMs: TIMEOUT_MS,
  });
  const source: HomeSource = {
    factsOf: batchFacts((ids) => catalog.factsOf(ids)),
    estimateOf: async (propertyId) => (await upstream.fetch([propertyId])).estimates.get(propertyId) ?? null,
  };
  return { source, close: () => Promise.all([http.close(), catalog.close()]) };
}
