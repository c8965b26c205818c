import type { Fate } from './fate.ts';

/** Every code that this library raises itself. */
export type StreamErrorCode =
  | 'UNDECODABLE'
  | 'UNPLANNED'
  | 'NO_VALUE'
  | 'RECORD_TOO_LARGE'
  | 'HEADERS_TOO_LARGE'
  | 'FUTURE_TIMESTAMP'
  | 'PARKING_TOO_FAST'
  | 'OUTPUT_TOO_LARGE'
  | 'COLLECTOR_CLOSED'
  | 'NO_TASK_FOR_TOPIC'
  | 'DUPLICATE_INPUT'
  | 'BAD_SETTING'
  | 'KAFKA_UNAVAILABLE'
  | 'KAFKA_REFUSED'
  | 'CONSUMER_CRASHED'
  | 'STILL_WAITING'
  | 'NOT_STARTED'
  | 'PARTITION_LOST'
  | 'MEMBERSHIP_UNSURE'
  | 'CO_PARTITION_MISMATCH'
  | 'TOPIC_GREW'
  | 'OFFSET_OUT_OF_RANGE'
  | 'REWIND_REFUSED';

/** An error of the runtime itself: a stable code, and what becomes of the record that met it. */
export class StreamError extends Error {
  readonly code: StreamErrorCode;
  readonly fate: Fate;
  constructor(code: StreamErrorCode, fate: Fate, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StreamError';
    this.code = code;
    this.fate = fate;
  }
}
