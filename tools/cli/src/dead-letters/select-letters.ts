import type { LogReader } from '../kafka/log-reader.ts';
import type { Stretch } from '../kafka/read-records.ts';
import type { DeadLetter, Origin } from './dead-letter.ts';
import { matches, type LetterFilter } from './letter-filter.ts';
import { readLetters } from './read-letters.ts';
import type { Claim, LetterState } from './settlement.ts';

/** A letter that a command means, without its bytes: thousands are held. */
export interface ChosenLetter {
  readonly ref: string;
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  readonly origin: Origin | undefined;
  /** It holds the beginning of its record only. */
  readonly isCut: boolean;
  /** Of a run that has not said how it ended. */
  readonly claim: Claim | undefined;
}

/** What a filter finds. */
export interface Selection {
  /** Neither replayed nor discarded; in the order of the dead-letter topic. */
  readonly letters: readonly ChosenLetter[];
  /** Match too, and are settled already. */
  readonly settled: number;
  /** There are more: the limit was reached. */
  readonly isCut: boolean;
}

const chosen = (letter: DeadLetter, state: LetterState): ChosenLetter => ({
  ref: letter.ref,
  id: letter.id,
  partition: letter.record.partition,
  offset: letter.record.offset,
  code: letter.code,
  origin: letter.origin,
  isCut: letter.cutFromBytes !== null,
  claim: state.state === 'claimed' ? state.claim : undefined,
});

/** @returns the unsettled letters that a filter means, at most `limit` */
export async function selectLetters(
  {
    reader,
    stateOf,
    onPassed,
  }: { reader: LogReader; stateOf: (id: string) => LetterState; onPassed?: (offsets: number) => void },
  stretches: readonly Stretch[],
  { filter, limit }: { filter: LetterFilter; limit: number },
): Promise<Selection> {
  const letters: ChosenLetter[] = [];
  let settled = 0;
  for await (const some of readLetters(reader, stretches, onPassed === undefined ? {} : { onPassed })) {
    for (const letter of some) {
      if (!matches(letter, filter)) continue;
      const state = stateOf(letter.id);
      if (state.state === 'settled') settled += 1;
      else if (letters.length === limit) return { letters, settled, isCut: true };
      else letters.push(chosen(letter, state));
    }
  }
  return { letters, settled, isCut: false };
}
