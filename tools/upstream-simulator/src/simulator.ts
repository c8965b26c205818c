import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { addAdminRoutes } from './admin-routes.ts';
import { createCallLog } from './call-log.ts';
import { forgetfulJournal, openBookJournal } from './book-journal.ts';
import { createEstimateBook, type BookedEstimate } from './estimate-book.ts';
import { mishapOf, type Faults } from './faults.ts';
import { createLatency, TALK_LATENCY, type LatencyModel } from './latency.ts';
import { addMetricsRoute } from './metrics-route.ts';
import { createMeter, type Meter } from './meter.ts';
import { sendProblem, type ProblemCode } from './problem.ts';
import { createStoppage } from './stoppage.ts';
import { createTokenBucket } from './token-bucket.ts';
import { createValuationDesk, type ValuationDesk } from './valuation-desk.ts';
import { addValuationRoutes } from './valuation-routes.ts';

export interface SimulatorOptions {
  apiKey: string;
  /** Of latencies, intervals, re-valuations and faults; 1 by default. */
  seed?: number;
  /** 127.0.0.1 and a free port by default. */
  host?: string;
  port?: number;
  /** The talk's latencies by default. */
  latency?: LatencyModel;
  /** Calls a second, and at once; 0 a second: no limit, the default. */
  ratePerS?: number;
  burst?: number;
  /** Where values and versions survive a restart; without it they live in memory. */
  dataDir?: string;
  /** Billed calls that `/admin/calls` lists with what they asked for; none by default. */
  callsKeptMax?: number;
  /** Milliseconds UTC; the machine's clock by default. */
  nowMs?: () => number;
}

export interface Simulator extends ValuationDesk {
  /** Without a slash at the end; to be used as UPSTREAM_URL. */
  url: string;
  meter: Meter;
  homes(): number;
  estimateOf(propertyId: string): BookedEstimate | undefined;
  setFaults(faults: Faults): void;
  /** How many calls hang now. */
  hung(): number;
  /** Ends calls that hang or wait, and writes what is left. */
  close(): Promise<void>;
}

/** Bodies of the paid route: 100 ids of 64 characters. */
const BODY_BYTES_MAX = 64 * 1024;

/** Salts the one seed, so that latencies and faults do not follow one another. */
const FAULT_SEED_OFFSET = 7_919;

const codeOf = (error: FastifyError): ProblemCode => {
  if (error.statusCode === 413) return 'body-too-large';
  if (error.statusCode === 415) return 'unsupported-media-type';
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return 'bad-json';
  return (error.statusCode ?? 500) < 500 ? 'bad-request' : 'internal-error';
};

function createServer(meter: Meter): FastifyInstance {
  const server = fastify({ logger: false, bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const code = codeOf(error);
    const sent = sendProblem(
      reply,
      code,
      code === 'internal-error' ? 'a fault of the simulator itself' : error.message,
    );
    if (request.url.startsWith('/v1/')) meter.refuse(sent.statusCode);
    return sent;
  });
  server.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 'not-found', `${request.method} is not served here`),
  );
  return server;
}

/**
 * Starts a valuation API (design.md section 5) with its admin endpoints in this process.
 *
 * @throws if the port is taken or the folder cannot be written
 */
export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  const {
    apiKey,
    seed = 1,
    host = '127.0.0.1',
    port = 0,
    latency = TALK_LATENCY,
    ratePerS = 0,
    nowMs = Date.now,
  } = options;
  const book = createEstimateBook(seed);
  const journal = options.dataDir === undefined ? forgetfulJournal : await openBookJournal(book, options.dataDir);
  const desk = createValuationDesk({ book, journal, seed, nowMs });
  const meter = createMeter(nowMs);
  const log = createCallLog(options.callsKeptMax ?? 0);
  const stoppage = createStoppage();
  const random = xoroshiro128plus(seed + FAULT_SEED_OFFSET);
  const drawn = createLatency(latency, seed);
  let faults: Faults = {};
  const setFaults = (wish: Faults): void => {
    faults = wish;
  };

  const server = createServer(meter);
  addValuationRoutes(server, {
    apiKey,
    book,
    meter,
    log,
    nowMs,
    admit: createTokenBucket({ ratePerS, burst: options.burst ?? Math.max(1, ratePerS) }, nowMs),
    mishap: () => mishapOf(faults, uniformFloat64(random)),
    latencyMs: (items) => drawn(items) + (faults.latencyMs ?? 0),
    pause: (ms) => stoppage.pause(ms),
    hang: (request) => stoppage.hang(request),
  });
  addAdminRoutes(server, { desk, meter, log, faults: { get: () => faults, set: setFaults } });
  const estimateOf = (propertyId: string): BookedEstimate | undefined => book.estimateOf(propertyId);
  const parts = { ...desk, meter, homes: () => book.size, estimateOf, setFaults, hung: () => stoppage.hung() };
  addMetricsRoute(server, parts);
  const url = await server.listen({ host, port });
  const close = async (): Promise<void> => {
    stoppage.end();
    await server.close();
    journal.close();
  };
  return { ...parts, url, close };
}
