import kafkajs from 'kafkajs';
import type { StreamLogger } from '../../log.ts';

/**
 * What kafkajs calls an ERROR and retries by itself, all seen in healthy groups and during ordinary outages. The runtime says once, in its own
 * words, for whom it waits; these lines would say it a hundred times.
 */
const HARMLESS =
  /rebalanc|coordinator is (loading|not available)|not the correct coordinator|not aware of this member|Connection (error|timeout)|Failed to connect|Closed connection|no longer valid|leadership election|Request .* timed out|Response (Heartbeat|JoinGroup|SyncGroup|GroupCoordinator|OffsetCommit|OffsetFetch|Metadata|Produce|Fetch)/i;

/** The consumer has ended; its text holds the error that ended it, often one that is harmless elsewhere. */
const CRASH = /^Crash\b/;

/** @returns a log creator that puts kafkajs' lines into ours: harmless errors at debug, the others at warn, its crash at error */
export const createKafkajsLog =
  (log: StreamLogger): kafkajs.logCreator =>
  () =>
  ({ level, namespace, log: entry }) => {
    const said = `kafkajs ${namespace}: ${entry.message}`;
    if (level !== kafkajs.logLevel.ERROR) return log.debug(said);
    const error: unknown = entry.error ?? '';
    const text = `${entry.message} ${typeof error === 'string' ? error : ''}`;
    if (CRASH.test(entry.message)) log.error(said);
    else if (HARMLESS.test(text)) log.debug(said);
    else log.warn(said);
  };
