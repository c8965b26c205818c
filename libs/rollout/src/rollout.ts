import type { Clock } from '@porchlight/clock';
import type { FlagsInForce } from './flags-in-force.ts';
import {
  FollowedFlags,
  type FlagsLog,
  type FlagsOrigin,
  type FlagsReading,
  type RolloutEvent,
} from './followed-flags.ts';
import type { FlagStore } from './flag-store.ts';

/** How often the flags are read: with a lost answer in between a change is still in force within two seconds. */
export const FLAGS_POLL_MS = 500;

export interface RolloutOptions {
  readonly store: Pick<FlagStore, 'read' | 'replace'>;
  readonly clock: Clock;
  /** Default: FLAGS_POLL_MS. */
  readonly pollMs?: number;
  /** Read once, if the store gives nothing at the start. @returns a document's text */
  readonly readFile?: () => Promise<string>;
  readonly onReading?: (reading: FlagsReading) => void;
  readonly log: FlagsLog;
}

export interface RolloutState {
  readonly origin: FlagsOrigin;
  readonly version: number;
  /** Since the store answered; null: never. */
  readonly readAgoMs: number | null;
}

/** The flags of this process. */
export interface Rollout {
  /** What is in force now. Synchronous, and never waits; the same object until something changes. */
  now(): FlagsInForce;
  state(): RolloutState;
  /** @returns ends it */
  onEvent(listener: (event: RolloutEvent) => void): () => void;
  /**
   * Reads the store, or the file if the store gives nothing, then goes on polling. Waits for one reading, whoever is away;
   * never rejects. A second call is the first.
   */
  start(): Promise<void>;
  stop(): void;
}

/** Follows the document of flags in a store; what becomes of each reading: FollowedFlags. */
export function createRollout(options: RolloutOptions): Rollout {
  const { clock, pollMs = FLAGS_POLL_MS, log, onReading = () => undefined, readFile } = options;
  const followed = new FollowedFlags(options);
  let isStopped = false;
  let started: Promise<void> | undefined;
  let timer: { cancel(): void } | undefined;

  const pollOn = async (): Promise<void> => {
    const begunAt = clock.now();
    onReading(await followed.read());
    if (isStopped) return;
    const leftMs = begunAt + pollMs - clock.now();
    // More than a whole poll: this host's clock was set back meanwhile.
    timer = clock.after(Math.min(pollMs, Math.max(0, leftMs)), () => void pollOn());
  };
  const begin = async (): Promise<void> => {
    await pollOn();
    if (followed.origin !== 'usual' || readFile === undefined) return;
    try {
      const text = await readFile();
      // The store may have spoken meanwhile, and is believed before any file.
      if (followed.origin === 'usual') followed.adopt(text, 'file');
    } catch (error) {
      log.error({ error }, 'the file of flags cannot be used; everything is as usual');
    }
  };
  return {
    now: () => followed.inForce,
    state: () => ({
      origin: followed.origin,
      version: followed.inForce.document.version,
      readAgoMs: followed.readAt === null ? null : Math.max(0, clock.now() - followed.readAt),
    }),
    onEvent: (listener) => followed.onEvent(listener),
    start: () => (started ??= begin()),
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}
