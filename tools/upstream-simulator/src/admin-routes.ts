import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { CallLog } from './call-log.ts';
import { faultsSchema, type Faults } from './faults.ts';
import type { Meter } from './meter.ts';
import { sendProblem } from './problem.ts';
import { HOMES_A_LOAD_MAX, TooManyHomes, type ValuationDesk } from './valuation-desk.ts';

const propertyId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** No home is worth more: values stay far inside of what a double counts exactly. */
const VALUE_USD_MAX = 1_000_000_000;

const loadSchema = z
  .array(z.strictObject({ propertyId, valueUsd: z.number().int().min(1).max(VALUE_USD_MAX).nullable() }))
  .min(1)
  .max(HOMES_A_LOAD_MAX);
const revalueSchema = z.union([
  z.strictObject({ propertyIds: z.array(propertyId).min(1) }),
  z.strictObject({ share: z.number().min(0).max(1) }),
]);
const withdrawSchema = z.strictObject({ propertyIds: z.array(propertyId).min(1) });

/** A load of 10,000 homes with the longest ids, or 100,000 names to re-value. */
const ADMIN_BODY_BYTES_MAX = 8 * 1024 * 1024;

/** What operators, the city and tests steer; never billed, never rate limited. */
export interface Steering {
  desk: ValuationDesk;
  meter: Meter;
  log: CallLog;
  faults: { get(): Faults; set(faults: Faults): void };
}

/** Parses, acts, answers; what does not fit is a problem document. */
function answer<T>(reply: FastifyReply, schema: z.ZodType<T>, body: unknown, act: (wish: T) => unknown): unknown {
  const parsed = schema.safeParse(body);
  if (!parsed.success) return sendProblem(reply, 'bad-body', z.prettifyError(parsed.error));
  try {
    return act(parsed.data);
  } catch (error) {
    if (error instanceof TooManyHomes) return sendProblem(reply, 'too-many-homes', error.message);
    throw error;
  }
}

export function addAdminRoutes(server: FastifyInstance, { desk, meter, log, faults }: Steering): void {
  const big = { bodyLimit: ADMIN_BODY_BYTES_MAX };
  server.get('/admin/faults', async () => faults.get());
  server.put('/admin/faults', async (request, reply) =>
    answer(reply, faultsSchema, request.body, (wish) => {
      faults.set(wish);
      return wish;
    }),
  );
  server.delete('/admin/faults', async () => {
    faults.set({});
    return {};
  });
  server.get('/admin/meter', async () => meter.read());
  server.post('/admin/meter/reset', async () => {
    const before = meter.read();
    meter.reset();
    log.reset();
    return before;
  });
  server.get('/admin/calls', async () => log.read());
  server.post('/admin/load', big, async (request, reply) =>
    answer(reply, loadSchema, request.body, (wish) => desk.load(wish)),
  );
  server.post('/admin/revalue', big, async (request, reply) =>
    answer(reply, revalueSchema, request.body, (wish) => desk.revalue(wish)),
  );
  server.post('/admin/withdraw', big, async (request, reply) =>
    answer(reply, withdrawSchema, request.body, ({ propertyIds }) => desk.withdraw(propertyIds)),
  );
}
