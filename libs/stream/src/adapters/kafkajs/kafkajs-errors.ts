import { StreamError } from '../../errors.ts';
import { errorOf } from '../../fate.ts';

/** Errors that end with the outage that caused them. By name: kafkajs wraps most of them in errors that say "not retriable". */
const OUTAGES = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSDeleteTopicRecordsError',
  'KafkaJSLockTimeout',
]);

/** @returns the error below all of kafkajs' wrappers */
function rootOf(error: Error): Error {
  let root = error;
  for (let depth = 0; depth < 8 && root.cause instanceof Error; depth += 1) root = root.cause;
  return root;
}

/** May the same thing succeed later, with nothing changed here? One function decides, for consumer and producer alike. */
export function isOutage(thrown: unknown): boolean {
  const root = rootOf(errorOf(thrown)) as Error & { retriable?: boolean; type?: string };
  if (OUTAGES.has(root.name)) return true;
  // The broker says which of its protocol errors pass; an unknown topic is one of them: it may yet be created.
  if (root.type !== undefined) return root.retriable === true;
  // "The producer is disconnected" and its like: a plain KafkaJSError about the state of a connection.
  return root.name === 'KafkaJSError' && root.retriable !== false;
}

/** @returns a short code for logs: the protocol's error type, or the client's error name */
export function outageCode(thrown: unknown): string {
  const root = rootOf(errorOf(thrown)) as Error & { type?: string };
  return root.type ?? root.name;
}

/** @returns the client's error as one of ours: an outage is waited for, a refusal stops the process */
export function asStreamError(thrown: unknown, doing: string): StreamError {
  const cause = errorOf(thrown);
  if (cause instanceof StreamError) return cause; // one of ours says itself what becomes of it
  return isOutage(cause)
    ? new StreamError('KAFKA_UNAVAILABLE', 'retry', `${doing}: ${outageCode(cause)}`, { cause })
    : new StreamError('KAFKA_REFUSED', 'crash', `${doing}: ${cause.message}`, { cause });
}
