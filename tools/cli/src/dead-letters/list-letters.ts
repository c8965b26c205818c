import type { LogReader } from '../kafka/log-reader.ts';
import { keyText } from '../records/redact.ts';
import type { DeadLetter, Origin } from './dead-letter.ts';
import { matches, type LetterFilter } from './letter-filter.ts';
import { lettersNow, readLetters } from './read-letters.ts';
import { SettlementLog } from './settlement-log.ts';
import type { LetterState } from './settlement.ts';

/** A dead letter as it is listed. */
export interface LetterRow {
  readonly ref: string;
  readonly code: string;
  readonly parkedAt: number;
  readonly attempts: number | null;
  /** null: its headers do not say. */
  readonly origin: Origin | null;
  /** As text; redacted where it names a session. */
  readonly key: string | null;
  readonly valueBytes: number | null;
  /** Bytes of the whole record, where the letter holds its beginning only: it cannot be replayed. */
  readonly cutFromBytes: number | null;
  readonly wasReplayed: boolean;
  readonly state: 'open' | 'claimed' | 'replayed' | 'discarded';
  /** Who settled or claimed it, and when. */
  readonly by: string | null;
  readonly at: number | null;
  /** Why it was discarded. */
  readonly reason: string | null;
}

export interface LetterList {
  readonly deadLetterTopic: string;
  readonly rows: readonly LetterRow[];
  /** All that match, also those beyond the limit. */
  readonly total: number;
  /** Among them by original topic and code, the most first. */
  readonly counts: readonly { readonly topic: string; readonly code: string; readonly letters: number }[];
  /** Match, and are left out because they are settled. */
  readonly settled: number;
}

const whoSettled = (state: LetterState): Pick<LetterRow, 'state' | 'by' | 'at' | 'reason'> => {
  if (state.state === 'open') return { state: 'open', by: null, at: null, reason: null };
  const entry = state.state === 'claimed' ? state.claim : state.entry;
  const reason = entry.kind === 'discarded' ? entry.reason : null;
  return { state: entry.kind, by: entry.by, at: entry.at, reason };
};

/** @returns a letter as it is listed: nothing of its value but the size */
export const rowOf = (letter: DeadLetter, state: LetterState): LetterRow => ({
  ref: letter.ref,
  code: letter.code,
  parkedAt: letter.parkedAt,
  attempts: letter.attempts,
  origin: letter.origin ?? null,
  key: keyText(letter.origin?.topic, letter.record.key),
  valueBytes: letter.record.value?.length ?? null,
  cutFromBytes: letter.cutFromBytes,
  wasReplayed: letter.wasReplayed,
  ...whoSettled(state),
});

/**
 * The dead letters of one topic that a filter means, those that are not settled unless `all`.
 *
 * @throws {CliError} TOPIC_UNKNOWN, KAFKA_UNREACHABLE
 */
export async function listLetters(
  reader: LogReader,
  deadLetterTopic: string,
  { filter, limit, all }: { filter: LetterFilter; limit: number; all: boolean },
): Promise<LetterList> {
  const settlements = new SettlementLog(deadLetterTopic, reader);
  await settlements.catchUp();
  const rows: LetterRow[] = [];
  const counts = new Map<string, { topic: string; code: string; letters: number }>();
  let [total, settled] = [0, 0];
  for await (const letters of readLetters(reader, await lettersNow(reader, deadLetterTopic))) {
    for (const letter of letters.filter((each) => matches(each, filter))) {
      const state = settlements.of(letter.id);
      if (state.state === 'settled') settled += 1;
      if (state.state === 'settled' && !all) continue;
      total += 1;
      const [topic, code] = [letter.origin?.topic ?? '(unknown)', letter.code];
      const count = counts.get(`${topic} ${code}`) ?? { topic, code, letters: 0 };
      counts.set(`${topic} ${code}`, { ...count, letters: count.letters + 1 });
      if (rows.length < limit) rows.push(rowOf(letter, state));
    }
  }
  return {
    deadLetterTopic,
    rows,
    total,
    counts: [...counts.values()].toSorted((a, b) => b.letters - a.letters),
    settled: all ? 0 : settled,
  };
}
