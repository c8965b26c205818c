import { createHash } from 'node:crypto';
import {
  runningServer,
  spawnServer,
  stopServer,
  waitUntilReady,
  type ServerSpec,
  type StopOptions,
} from '../server-process.ts';

/** How long a server that was left running may take to answer before it is replaced. */
const REUSE_MS = 3_000;

/** What has to be equal for a running server to be the one we would start. No secret: it is written to the pid file. */
export function fingerprintOf(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

async function answersWithin(probe: () => Promise<void>, withinMs: number): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, withinMs, false).unref());
  return Promise.race([
    probe().then(
      () => true,
      () => false,
    ),
    late,
  ]);
}

/** A server that answers. */
export interface StartedServer {
  readonly pid: number;
  /** An earlier launcher left it running. */
  readonly found: boolean;
}

/** For a person: `pid 4711, left running`. */
export const tellStarted = ({ pid, found }: StartedServer): string => `pid ${pid}${found ? ', left running' : ''}`;

interface StartOptions {
  probe: () => Promise<void>;
  readyMs: number;
  stop: StopOptions;
  signal: AbortSignal | undefined;
}

/**
 * The server of this spec, running and answering: the one that an earlier launcher left (killed, or `up`), if it was
 * started the same way and answers; else a new one, after the old one has been stopped.
 */
export async function startServer(
  spec: ServerSpec,
  { probe, readyMs, stop, signal }: StartOptions,
): Promise<StartedServer> {
  const left = await runningServer(spec.pidFile);
  if (left?.fingerprint === spec.fingerprint && (await answersWithin(probe, REUSE_MS)))
    return { pid: left.pid, found: true };
  await stopServer(spec.pidFile, stop);
  signal?.throwIfAborted();
  const record = await spawnServer(spec);
  try {
    await waitUntilReady(spec, record, probe, readyMs);
  } catch (thrown) {
    await stopServer(spec.pidFile, { graceMs: 0 });
    throw thrown;
  }
  return { pid: record.pid, found: false };
}
