import { setTimeout as sleep } from 'node:timers/promises';
import { hostname, userInfo } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { LogReader } from '../kafka/log-reader.ts';
import type { LetterSender } from './letter-sender.ts';
import type { SettlementLog } from './settlement-log.ts';

/** Where a run stands in a batch; told to `onStep`. */
export type SettleStep = 'claimed' | 'sent' | 'settled';

/** What replaying and discarding need. */
export interface SettlePorts {
  readonly deadLetterTopic: string;
  readonly reader: LogReader;
  readonly settled: SettlementLog;
  readonly sender: LetterSender;
  /** Names this run of the command. */
  readonly run: string;
  /** Who runs it. */
  readonly by: string;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** How long a claim of another run is given to say how it ended, before its topic is searched. */
  readonly inDoubtMs: number;
  readonly stopped?: AbortSignal;
  /** Told what takes long, and why. */
  readonly say?: (line: string) => void;
  readonly onStep?: (step: SettleStep, letters: number) => Promise<void> | void;
}

/** A send is begun within so long of its claim, or not at all. */
export const SEND_WITHIN_MS = 4_000;
/**
 * A send with its tries ends within about 18 s (letter-sender.adapter.ts). A run that was silent for longer than that and SEND_WITHIN_MS sends
 * nothing of its claim any more.
 */
export const IN_DOUBT_MS = 30_000;

/** @returns the ports of a run on this machine */
export const settlePorts = (
  given: Pick<SettlePorts, 'deadLetterTopic' | 'reader' | 'settled' | 'sender'> & Partial<SettlePorts>,
): SettlePorts => ({
  run: randomUUID(),
  by: `${userInfo().username}@${hostname()}`,
  now: Date.now,
  sleep: (ms) => sleep(ms),
  inDoubtMs: IN_DOUBT_MS,
  ...given,
});
