import { readPidRecord, runningServer, signalIfStill, stopServer } from '../server-process.ts';

const GONE_MS = 5_000;

/** One server of several, as a process of its own. Everything is by its pid; what has ended already is no error. */
export interface ServerNode {
  /** host:port */
  readonly address: string;
  /** Runs it on its data, and resolves when it answers. */
  start(): Promise<void>;
  /** Asks it to stop, also one that is frozen, and kills it if it does not. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: it keeps its connections and answers nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  isRunning(): Promise<boolean>;
}

/** Which process a node is. */
export interface ServerNodeSpec {
  /** host:port */
  readonly address: string;
  /** Where `start` says what runs. */
  readonly pidFile: string;
  /** How long it may take to end when it is asked to. */
  readonly stopGraceMs: number;
  readonly start: () => Promise<void>;
}

/** A server that can be taken away and brought back, known by its pid file. */
export function serverNode({ address, pidFile, stopGraceMs, start }: ServerNodeSpec): ServerNode {
  const send = async (signal: NodeJS.Signals): Promise<void> => {
    const record = await runningServer(pidFile);
    if (record !== undefined) signalIfStill(record, signal);
  };
  return {
    address,
    start,
    async stop() {
      await send('SIGCONT'); // one that was frozen would not hear
      await stopServer(pidFile, { graceMs: stopGraceMs });
    },
    async kill() {
      const record = await readPidRecord(pidFile);
      if (record === undefined) return;
      signalIfStill(record, 'SIGKILL');
      await stopServer(pidFile, { graceMs: GONE_MS });
    },
    freeze: () => send('SIGSTOP'),
    thaw: () => send('SIGCONT'),
    isRunning: async () => (await runningServer(pidFile)) !== undefined,
  };
}
