import { createBacklog } from './backlog.ts';
import { createHttpConnection, type Ended, type HttpConnection } from './http-connection.ts';
import { createLedger, type Ledger, type Outcome } from './ledger.ts';
import { createPacing, type Kept } from './pacing.ts';

const MS_PER_SECOND = 1_000;
const TICK_MS = 1;
const SWEEP_MS = 25;
/** Calls that may wait for a connection; above it the load lets them go and says so. A flood of batches has a thousand. */
export const BACKLOG_MAX = 20_000;

export interface LoadOptions {
  readonly port: number;
  /** Whole requests as bytes, asked for one after the other. */
  readonly nextCall: () => Buffer;
  /** Connections at most; a call that finds none free waits for one, and its wait counts. */
  readonly connections: number;
  /** How long a caller waits for its answer before it hangs up. Nobody asks twice. */
  readonly patienceMs: number;
}

/** A call that was sent and has not ended. */
interface Sent {
  readonly meantAt: number;
  readonly connection: HttpConnection;
}

const outcomeOf = ({ status }: Ended): Outcome => (status === 200 ? 'ok' : status === 503 ? 'refused' : 'failed');

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Callers in front of one address; connections are kept from one run to the next. */
export function createLoad(options: LoadOptions) {
  const { port, connections } = options;
  const free: HttpConnection[] = Array.from({ length: connections }, () => createHttpConnection(port));
  const everyone = [...free];
  return {
    /** As fast as so many callers are answered. @returns answers a second */
    closedLoop: (callers: number, forMs: number) => runClosedLoop({ free, ...options }, callers, forMs),
    /** Each call at its instant, evenly, whatever becomes of the others; what it cannot ask in time it lets go. Resolves when the last one has ended. */
    openLoop: (ratePerS: number, forMs: number, signal: AbortSignal) =>
      runOpenLoop({ free, ...options }, { ratePerS, forMs, signal }),
    close(): void {
      for (const connection of everyone) connection.hangUp();
    },
  };
}

export type Load = ReturnType<typeof createLoad>;

type Parts = LoadOptions & { readonly free: HttpConnection[] };

/** One caller until the time is over; it asks as soon as it is answered. */
const callOnAndOn = ({ free, nextCall }: Parts, endAt: number, ledger: Ledger): Promise<void> =>
  new Promise((resolve, reject) => {
    const connection = free.pop();
    if (connection === undefined) return reject(new RangeError('fewer connections than callers'));
    const again = (): void => {
      const meantAt = performance.now();
      if (meantAt >= endAt) {
        free.push(connection);
        return resolve();
      }
      connection.ask(nextCall(), (ended) => {
        ledger.record(outcomeOf(ended), { meantAt, endedAt: performance.now(), pending: ended.pending });
        again();
      });
    };
    again();
  });

async function runClosedLoop(parts: Parts, callers: number, forMs: number) {
  const startedAt = performance.now();
  const ledger = createLedger(startedAt);
  await Promise.all(Array.from({ length: callers }, () => callOnAndOn(parts, startedAt + forMs, ledger)));
  const ok = ledger.slices().reduce((sum, { counts }) => sum + counts.ok, 0);
  return { perS: (ok * MS_PER_SECOND) / (performance.now() - startedAt), ledger };
}

/** Calls at their instants, over connections of which there are not enough for all at times. */
function createCallers({ free, nextCall, patienceMs }: Parts, ledger: Ledger) {
  const sent = new Set<Sent>();
  const backlog = createBacklog<number>(BACKLOG_MAX);
  const record = (outcome: Outcome, meantAt: number, pending: number): void =>
    ledger.record(outcome, { meantAt, endedAt: performance.now(), pending });
  const send = (meantAt: number, connection: HttpConnection): void => {
    const call: Sent = { meantAt, connection };
    sent.add(call);
    connection.ask(nextCall(), (ended) => {
      if (sent.delete(call)) record(outcomeOf(ended), meantAt, ended.pending);
      const next = backlog.takeFirst();
      if (next === undefined) free.push(connection);
      else send(next, connection);
    });
  };
  return {
    open: () => sent.size + backlog.size(),
    /** @returns false: too many wait for a connection already */
    offer(meantAt: number): boolean {
      const connection = free.pop();
      if (connection === undefined) return backlog.push(meantAt);
      send(meantAt, connection);
      return true;
    },
    /**
     * Whoever has waited too long goes. First those that were not sent, so that no connection is opened for them; then by hanging
     * up, which is how the other side learns of it.
     */
    sweep(): void {
      const before = performance.now() - patienceMs;
      for (let first = backlog.first(); first !== undefined && first <= before; first = backlog.first()) {
        backlog.takeFirst();
        record('gaveUp', first, 0);
      }
      for (const call of sent) {
        if (call.meantAt > before) break; // in the order of their time
        sent.delete(call);
        record('gaveUp', call.meantAt, 0);
        call.connection.hangUp();
      }
    },
  };
}

async function runOpenLoop(
  parts: Parts,
  { ratePerS, forMs, signal }: { ratePerS: number; forMs: number; signal: AbortSignal },
): Promise<{ ledger: Ledger; kept: Kept }> {
  const startedAt = performance.now();
  const ledger = createLedger(startedAt);
  const callers = createCallers(parts, ledger);
  const pacing = createPacing({ ratePerS, forMs, startedAt });
  let sweptAt = startedAt;
  while (!pacing.isOver() || callers.open() > 0) {
    signal.throwIfAborted();
    const now = performance.now();
    if (now - sweptAt >= SWEEP_MS) {
      callers.sweep();
      sweptAt = now;
    }
    pacing.offerDue(now, (meantAt) => callers.offer(meantAt));
    await pause(TICK_MS);
  }
  return { ledger, kept: pacing.kept() };
}
