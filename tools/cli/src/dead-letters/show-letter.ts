import { CliError } from '../cli-error.ts';
import type { LogReader, LogRecord } from '../kafka/log-reader.ts';
import type { Decoder } from '../records/decoder.ts';
import { redact } from '../records/redact.ts';
import { originalHeadersOf, type DeadLetter } from './dead-letter.ts';
import { rowOf, type LetterRow } from './list-letters.ts';
import { lettersNow, readLetters } from './read-letters.ts';
import { SettlementLog } from './settlement-log.ts';

/** Everything of one dead letter that may be shown. */
export interface ShownLetter extends LetterRow {
  readonly deadLetterTopic: string;
  /** The original ones, as text. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Present if it was asked for: decoded and redacted, or the code of why it cannot be decoded. */
  readonly value?: unknown;
  readonly undecodable?: string;
}

const REF = /^(\d{1,6}):(\d{1,16})$/;

const textHeaders = (headers: LogRecord['headers']): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((each) => each.toString('utf8')) : value.toString('utf8'),
    ]),
  );

async function letterNamed(reader: LogReader, topic: string, ref: string): Promise<DeadLetter> {
  const [, partition, offset] = REF.exec(ref) ?? [];
  const within = (await lettersNow(reader, topic)).find((each) => each.partition === Number(partition));
  const at = Number(offset);
  if (within?.end !== undefined && at >= within.offset && at < within.end) {
    for await (const letters of readLetters(reader, [{ ...within, offset: at, end: at + 1 }]))
      for (const letter of letters) return letter;
  }
  throw new CliError(
    'LETTER_UNKNOWN',
    `${topic} has no dead letter ${ref}: npx porchlight dlq list names them (partition:offset)`,
  );
}

async function valueOf(
  letter: DeadLetter,
  decoder: Decoder,
  reveal: boolean,
): Promise<{ value: unknown } | { undecodable: string }> {
  const decoded = await decoder.decode(letter.record.value);
  return 'error' in decoded ? { undecodable: decoded.error } : { value: redact(decoded.value, { reveal }) };
}

/**
 * One dead letter. Its value only if a decoder is given: prices are hidden values, and stay hidden unless `reveal`.
 *
 * @throws {CliError} LETTER_UNKNOWN, TOPIC_UNKNOWN, KAFKA_UNREACHABLE; {ContractError} REGISTRY_UNAVAILABLE
 */
export async function showLetter(
  reader: LogReader,
  { deadLetterTopic, ref }: { deadLetterTopic: string; ref: string },
  value?: { decoder: Decoder; reveal: boolean },
): Promise<ShownLetter> {
  const letter = await letterNamed(reader, deadLetterTopic, ref);
  const settlements = new SettlementLog(deadLetterTopic, reader);
  await settlements.catchUp();
  return {
    deadLetterTopic,
    ...rowOf(letter, settlements.of(letter.id)),
    headers: textHeaders(originalHeadersOf(letter)),
    ...(value === undefined ? {} : await valueOf(letter, value.decoder, value.reveal)),
  };
}
