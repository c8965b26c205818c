import { CliError } from '../cli-error.ts';
import type { LogReader } from '../kafka/log-reader.ts';
import { readRecords } from '../kafka/read-records.ts';
import type { LetterSender } from './letter-sender.ts';
import { entryIn, Settlements, type SettlementEntry } from './settlement.ts';

/** @returns where a dead-letter topic keeps what became of its letters */
export const settledTopicOf = (deadLetterTopic: string): string => `${deadLetterTopic}.settled`;

/** What became of the letters of one dead-letter topic, as far as it was read. */
export class SettlementLog {
  readonly #topic: string;
  readonly #reader: LogReader;
  readonly #settlements = new Settlements();
  #next = 0;

  constructor(deadLetterTopic: string, reader: LogReader) {
    this.#topic = settledTopicOf(deadLetterTopic);
    this.#reader = reader;
  }

  /**
   * Reads what has been written since the last time.
   *
   * @returns false if there is no such topic: nothing was ever settled
   * @throws {CliError} KAFKA_UNREACHABLE
   */
  async catchUp(): Promise<boolean> {
    const [bounds] = (await this.#reader.boundsOf(this.#topic)) ?? [];
    if (bounds === undefined) return false;
    const stretch = { topic: this.#topic, partition: 0, offset: Math.max(this.#next, bounds.low), end: bounds.end };
    for await (const records of readRecords(this.#reader, [stretch])) {
      for (const record of records) {
        const entry = entryIn(record);
        if (entry !== undefined) this.#settlements.add(entry);
      }
    }
    this.#next = Math.max(this.#next, bounds.end);
    return true;
  }

  /** @throws {CliError} SETTLED_TOPIC_MISSING: without it nobody would know what was sent already */
  async mustCatchUp(): Promise<void> {
    if (await this.catchUp()) return;
    throw new CliError(
      'SETTLED_TOPIC_MISSING',
      `there is no topic ${this.#topic}, which remembers what was replayed and discarded; nothing was changed: run npx porchlight topics apply`,
    );
  }

  /** Writes entries, and reads on to behind them: what others wrote in the same moment is then known too. */
  async write(sender: LetterSender, entries: readonly SettlementEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await sender.send(
      { topic: this.#topic, partition: 0 },
      entries.map((entry) => ({
        key: Buffer.from(entry.letter),
        value: Buffer.from(JSON.stringify(entry)),
        headers: {},
      })),
    );
    await this.catchUp();
  }

  of(letter: string): ReturnType<Settlements['of']> {
    return this.#settlements.of(letter);
  }
}
