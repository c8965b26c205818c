import type { LogRecord } from '../kafka/log-reader.ts';

export type Outgoing = Pick<LogRecord, 'key' | 'value' | 'headers'>;

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** The broker does not take a record of this size: it was not written, and never will be. */
export class RecordTooLarge extends Error {}

/**
 * Sends records to one partition.
 *
 * A request that is repeated inside is not written twice (idempotent). One that fails may have arrived: nobody knows.
 */
export interface LetterSender {
  /**
   * @returns the offset of each record, in the order given, once all in-sync replicas have it; with its tries it ends within about 18 s
   * @throws {RecordTooLarge} nothing was written; anything else: nobody knows
   */
  send(place: Place, records: readonly Outgoing[]): Promise<number[]>;
  close(): Promise<void>;
}
