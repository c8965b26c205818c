import { runLoopDefaults, type RunLoopSettings } from '@porchlight/stream';
import { z } from 'zod';

const number = ({ least, most, usual }: { least: number; most: number; usual: number }) =>
  z.coerce.number().int().min(least).max(most).default(usual);

/**
 * The numbers of the run loop that an operator may have a reason to change: those that trade memory, replay and alarms against throughput. The others
 * follow from the session and the time that a stop may take, or are facts about the broker.
 */
export const runLoopConfig = {
  STREAM_COMMIT_EVERY_MS: number({ least: 100, most: 5_000, usual: runLoopDefaults.commitEveryMs }).describe(
    'how often offsets are committed: what a crash repeats',
  ),
  STREAM_QUEUE_RECORDS_MAX: number({ least: 10, most: 100_000, usual: runLoopDefaults.queueRecordsMax }).describe(
    'fetched records of one partition that wait; at the bound it pauses',
  ),
  STREAM_QUEUE_BYTES_MAX: number({ least: 65_536, most: 268_435_456, usual: runLoopDefaults.queueBytesMax }).describe(
    'the same in bytes',
  ),
  STREAM_UNACKNOWLEDGED_RECORDS_MAX: number({
    least: 1,
    most: 100_000,
    usual: runLoopDefaults.unacknowledgedRecordsMax,
  }).describe('processed records of one partition whose outputs Kafka has not acknowledged'),
  STREAM_SPAN_RECORDS_MAX: number({ least: 1, most: 100_000, usual: runLoopDefaults.spanRecordsMax }).describe(
    'records of one partition between its oldest unfinished one and its newest begun',
  ),
  STREAM_PROCESS_MS_MAX: number({ least: 1_000, most: 3_600_000, usual: runLoopDefaults.processMsMax }).describe(
    'a record that takes longer makes the process not live',
  ),
  STREAM_PARKED_PER_MINUTE_MAX: number({
    least: 1,
    most: 1_000_000,
    usual: runLoopDefaults.parkedPerMinuteMax,
  }).describe('records parked within a minute above which, with the share below, the process stops'),
  STREAM_PARKED_PERCENT_MAX: number({ least: 1, most: 100, usual: runLoopDefaults.parkedPercentMax }).describe(
    'their share of all records that ended in that minute; 100: it never stops for parking',
  ),
};

type Name = keyof typeof runLoopConfig;

const settingOf = {
  STREAM_COMMIT_EVERY_MS: 'commitEveryMs',
  STREAM_QUEUE_RECORDS_MAX: 'queueRecordsMax',
  STREAM_QUEUE_BYTES_MAX: 'queueBytesMax',
  STREAM_UNACKNOWLEDGED_RECORDS_MAX: 'unacknowledgedRecordsMax',
  STREAM_SPAN_RECORDS_MAX: 'spanRecordsMax',
  STREAM_PROCESS_MS_MAX: 'processMsMax',
  STREAM_PARKED_PER_MINUTE_MAX: 'parkedPerMinuteMax',
  STREAM_PARKED_PERCENT_MAX: 'parkedPercentMax',
} as const satisfies Record<Name, keyof RunLoopSettings>;

/** @returns the run loop's settings with what the configuration says; what it does not say stays the default */
export function runLoopSettingsOf(config: Partial<Record<Name, number>>): RunLoopSettings {
  const said = Object.entries(settingOf).flatMap(([name, setting]) => {
    const value = config[name as Name];
    return value === undefined ? [] : [[setting, value] as const];
  });
  return { ...runLoopDefaults, ...Object.fromEntries(said) };
}
