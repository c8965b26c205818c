import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CallLog } from './call-log.ts';
import type { BookedEstimate, EstimateBook } from './estimate-book.ts';
import { wrongBodyOf, type Mishap } from './faults.ts';
import type { Meter } from './meter.ts';
import { sendProblem, type ProblemCode } from './problem.ts';
import type { Admission } from './token-bucket.ts';

/** design.md section 5. */
export const IDS_A_CALL_MAX = 100;
const PROPERTY_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What the route needs to know of the seller. */
export interface Seller {
  apiKey: string;
  book: EstimateBook;
  meter: Meter;
  log: CallLog;
  nowMs: () => number;
  admit: () => Admission;
  mishap: () => Mishap;
  latencyMs: (items: number) => number;
  /** Resolves after a while, or at once when the simulator closes. */
  pause: (ms: number) => Promise<void>;
  /** Resolves when the caller leaves or the simulator closes. */
  hang: (request: FastifyRequest) => Promise<void>;
}

type Wish = { propertyIds: string[] } | { code: ProblemCode; detail: string };

/** Reads a body; the first thing wrong with it is what the problem says. */
export function readWish(body: unknown): Wish {
  const propertyIds =
    typeof body === 'object' && body !== null ? (body as { propertyIds?: unknown }).propertyIds : undefined;
  if (!Array.isArray(propertyIds)) return { code: 'bad-body', detail: 'the body is {propertyIds: [1..100 ids]}' };
  if (propertyIds.length === 0) return { code: 'no-property-ids', detail: 'at least one id' };
  if (propertyIds.length > IDS_A_CALL_MAX) {
    return { code: 'too-many-property-ids', detail: `${propertyIds.length} ids, at most ${IDS_A_CALL_MAX}` };
  }
  const bad = propertyIds.findIndex((id: unknown) => typeof id !== 'string' || !PROPERTY_ID.test(id));
  if (bad >= 0) return { code: 'bad-property-id', detail: `propertyIds[${bad}] does not match ${PROPERTY_ID.source}` };
  return { propertyIds: propertyIds as string[] };
}

/** What the book knows of the ids; an id asked for twice is answered once. */
export function answerOf(
  book: EstimateBook,
  propertyIds: readonly string[],
): { estimates: BookedEstimate[]; missing: string[] } {
  const estimates: BookedEstimate[] = [];
  const missing: string[] = [];
  for (const propertyId of new Set(propertyIds)) {
    const estimate = book.estimateOf(propertyId);
    if (estimate === undefined) missing.push(propertyId);
    else estimates.push(estimate);
  }
  return { estimates, missing };
}

const laneOf = (request: FastifyRequest): string | undefined => {
  const lane = request.headers['x-porchlight-lane'];
  return Array.isArray(lane) ? lane[0] : lane;
};

/** The paid route. Order: key, body, rate limit, latency, then what goes wrong, then the answer and the bill. */
export function addValuationRoutes(server: FastifyInstance, seller: Seller): void {
  const refuse = (reply: FastifyReply, code: ProblemCode, detail: string, status?: number): FastifyReply => {
    const sent = sendProblem(reply, code, detail, status);
    seller.meter.refuse(sent.statusCode);
    return sent;
  };
  // answers with a yes or no: a reply is thenable, so an async function that returns one waits until it is sent
  const failed = async (request: FastifyRequest, reply: FastifyReply, mishap: Mishap): Promise<boolean> => {
    if (mishap.kind === 'hang') {
      seller.meter.refuse('hung');
      await seller.hang(request);
      reply.hijack();
      request.raw.socket.destroy();
      return true;
    }
    if (mishap.kind !== 'error') return false;
    if (mishap.retryAfterS !== undefined) void reply.header('retry-after', mishap.retryAfterS);
    refuse(reply, 'simulated-fault', 'a fault that was asked for', mishap.status);
    return true;
  };

  // the double colon is how the router spells a colon
  server.post('/v1/estimates::batchGet', async (request, reply) => {
    if (request.headers['x-api-key'] !== seller.apiKey)
      return refuse(reply, 'bad-api-key', 'x-api-key is missing or wrong');
    const wish = readWish(request.body);
    if ('code' in wish) return refuse(reply, wish.code, wish.detail);
    const admission = seller.admit();
    if (!admission.admitted) {
      void reply.header('retry-after', admission.retryAfterS);
      return refuse(reply, 'rate-limited', `again in ${admission.retryAfterS} s`);
    }
    const askedAt = seller.nowMs();
    await seller.pause(seller.latencyMs(wish.propertyIds.length));
    const mishap = seller.mishap();
    if (await failed(request, reply, mishap)) return reply;
    // read after the latency: a re-valuation that came before the answer is in it
    const right = JSON.stringify(answerOf(seller.book, wish.propertyIds));
    seller.meter.bill(wish.propertyIds.length, laneOf(request));
    const { propertyIds } = wish;
    seller.log.note({ askedAt, billedAt: seller.nowMs(), lane: laneOf(request) ?? null, propertyIds });
    void reply.header('content-type', 'application/json');
    return reply.send(mishap.kind === 'wrong-bytes' ? wrongBodyOf(mishap.bytes, right) : right);
  });
}
