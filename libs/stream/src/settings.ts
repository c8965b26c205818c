import { StreamError } from './errors.ts';

/** The numbers of a run loop; every limit has its name here. */
export interface RunLoopSettings {
  /** A watermark is committed this often; 5,000 at most, or KEDA's lag scaler takes a healthy group for a stuck one. */
  readonly commitEveryMs: number;
  /** How long a revoke or a stop waits for what is running. Shorter than the session, or the group expels us while we drain. */
  readonly drainMs: number;
  /** How long one round of commits waits for partitions with state to come to rest and write it; who takes longer is committed by the next round. */
  readonly prepareCommitMs: number;
  /** How long the commit at the end of a drain may take, and after it the tasks' `close`. */
  readonly finalCommitMs: number;
  /** How long one in-order batch may hold the fetcher, and with it the other partitions of the same broker. */
  readonly inlineBatchMs: number;
  /** A partition whose queue holds so many records, or so many bytes, is paused; it resumes at half, and never holds twice as many. */
  readonly queueRecordsMax: number;
  readonly queueBytesMax: number;
  /** Records of one partition that are processed and whose outputs are not acknowledged yet. */
  readonly unacknowledgedRecordsMax: number;
  /** The span between the watermark and the newest record begun: bounds what a crash repeats. */
  readonly spanRecordsMax: number;
  /** How long an input of a higher priority may hold back the others; then each of them has a turn. */
  readonly priorityHoldMsMax: number;
  /** A record that is larger, or has more headers or more bytes in them, is parked before it is decoded. */
  readonly inputRecordBytesMax: number;
  readonly inputHeadersMax: number;
  readonly inputHeaderBytesMax: number;
  /** How far ahead of our clock a record may be dated before it is said to come from the future. */
  readonly clockAheadMsMax: number;
  /** Parked by one process within a minute, and their share of all records that ended in it: beyond both the process stops. */
  readonly parkedPerMinuteMax: number;
  readonly parkedPercentMax: number;
  /** First wait before a retry; doubles up to the second, with full jitter on the upper half. */
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
  /** Outputs of all partitions that wait for an acknowledgement; at the bound no new record is begun. */
  readonly outputRecordsMax: number;
  readonly outputBytesMax: number;
  /** One produce request. */
  readonly produceRecordsMax: number;
  readonly produceBytesMax: number;
  /** The largest single output; the broker's `message.max.bytes` less its overhead. */
  readonly outputRecordBytesMax: number;
  /** Changes of one task's state that no commit has taken: at the bound no record begins and the commit comes early. Also the changes of one step of a restore. */
  readonly stateChangesMax: number;
  readonly stateChangeBytesMax: number;
  /** Entries that one commit looks at to remove what has expired. */
  readonly stateSweepEntriesMax: number;
  /** A process call that runs longer makes the app not live. */
  readonly processMsMax: number;
}

/** Production values of a run loop. */
export const runLoopDefaults: RunLoopSettings = {
  commitEveryMs: 2_000,
  drainMs: 17_500,
  prepareCommitMs: 1_000,
  finalCommitMs: 1_500,
  inlineBatchMs: 200,
  queueRecordsMax: 4_000,
  queueBytesMax: 2_097_152,
  unacknowledgedRecordsMax: 1_000,
  spanRecordsMax: 2_000,
  priorityHoldMsMax: 1_000,
  inputRecordBytesMax: 1_048_576,
  inputHeadersMax: 64,
  inputHeaderBytesMax: 32_768,
  clockAheadMsMax: 300_000,
  parkedPerMinuteMax: 100,
  parkedPercentMax: 10,
  retryFirstMs: 100,
  retryMostMs: 5_000,
  outputRecordsMax: 10_000,
  outputBytesMax: 16_777_216,
  produceRecordsMax: 1_000,
  produceBytesMax: 900_000,
  outputRecordBytesMax: 900_000,
  stateChangesMax: 10_000,
  stateChangeBytesMax: 4_194_304,
  stateSweepEntriesMax: 500,
  processMsMax: 60_000,
};

/** Local runs and tests: a killed app's partitions move in under 10 s. */
export const runLoopLocal: RunLoopSettings = { ...runLoopDefaults, commitEveryMs: 1_000, drainMs: 5_000 };

/** @throws {StreamError} BAD_SETTING, naming every number that is not a positive integer, and those that contradict each other */
export function checkRunLoopSettings(settings: RunLoopSettings): RunLoopSettings {
  const wrong = Object.entries(settings)
    .filter(([, value]) => !Number.isInteger(value) || value < 1)
    .map(([name, value]) => `${name} is ${value}, not a positive integer`);
  if (settings.commitEveryMs > 5_000) wrong.push(`commitEveryMs is ${settings.commitEveryMs}, more than 5000`);
  if (settings.retryMostMs < settings.retryFirstMs) wrong.push('retryMostMs is less than retryFirstMs');
  if (settings.outputRecordBytesMax > settings.produceBytesMax)
    wrong.push('outputRecordBytesMax is more than produceBytesMax');
  if (wrong.length > 0) throw new StreamError('BAD_SETTING', 'crash', wrong.join('; '));
  return settings;
}
