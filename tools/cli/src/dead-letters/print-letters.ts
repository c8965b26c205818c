import { printable, printableJson, printableShort } from '../terminal/printable.ts';
import { sayCount, sayMany, saySpan } from '../terminal/say-span.ts';
import { textTable } from '../terminal/text-table.ts';
import type { DiscardReport } from './discard-letters.ts';
import type { LetterList, LetterRow } from './list-letters.ts';
import type { ReplayReport } from './replay-letters.ts';
import type { Selection } from './select-letters.ts';
import type { ShownLetter } from './show-letter.ts';

const KEY_CHARACTERS_MAX = 40;
const HEADER_CHARACTERS_MAX = 400;
const REFS_MAX = 20;

const placeOf = ({ origin }: LetterRow): string =>
  origin === null ? '(not said)' : `${printable(origin.topic)} ${origin.partition}:${origin.offset}`;

const stateOf = ({ state, by, at }: LetterRow, now: number): string => {
  if (state === 'open') return 'open';
  const begun = state === 'claimed' ? 'begun, not ended' : state;
  return `${begun} by ${printable(by ?? '?')} ${saySpan(now - (at ?? now))} ago`;
};

/** @returns the letters, then how many there are of which topic and code */
export function printLetters({ deadLetterTopic, rows, total, counts, settled }: LetterList, now: number): string {
  const settledNote = settled === 0 ? '' : `; ${sayMany(settled, 'settled one')} left out (--all shows them)`;
  if (total === 0) return `${deadLetterTopic}: no dead letters${settledNote}`;
  const table = textTable(
    [
      { title: 'letter' },
      { title: 'parked' },
      { title: 'code' },
      { title: 'from' },
      { title: 'key' },
      { title: 'bytes', align: 'right' },
      { title: 'state' },
    ],
    rows.map((row) => [
      row.ref,
      `${saySpan(now - row.parkedAt)} ago`,
      printable(row.code) + (row.wasReplayed ? ' (again)' : '') + (row.cutFromBytes === null ? '' : ' (cut)'),
      placeOf(row),
      row.key === null ? '-' : printableShort(row.key, KEY_CHARACTERS_MAX),
      row.valueBytes === null ? 'none' : sayCount(row.valueBytes),
      stateOf(row, now),
    ]),
  );
  const more = rows.length < total ? [`... and ${sayCount(total - rows.length)} more (--limit)`] : [];
  const sums = counts.map(
    ({ topic, code, letters }) => `  ${sayCount(letters)} ${printable(code)} from ${printable(topic)}`,
  );
  return [`${deadLetterTopic}: ${sayMany(total, 'dead letter')}${settledNote}`, table, ...more, ...sums].join('\n');
}

/** @returns everything of one letter that may be shown */
export function printLetter(letter: ShownLetter, now: number): string {
  const { origin } = letter;
  const when = (at: number): string => `${new Date(at).toISOString()} (${saySpan(now - at)} ago)`;
  const lines: [string, string][] = [
    ['letter', `${letter.deadLetterTopic} ${letter.ref}`],
    ['code', `${printable(letter.code)}, ${letter.attempts ?? 'an unknown number of'} attempts`],
    ['parked', when(letter.parkedAt)],
    ['from', placeOf(letter)],
    ...(origin === null ? [] : ([['made', when(origin.timestamp)]] as [string, string][])),
    ['key', letter.key === null ? 'none' : printable(letter.key)],
    ['value', letter.valueBytes === null ? 'none: a tombstone' : `${sayCount(letter.valueBytes)} bytes`],
    ...(letter.cutFromBytes === null
      ? []
      : ([
          ['cut', `it had ${sayCount(letter.cutFromBytes)} bytes, and this is their beginning: it cannot be replayed`],
        ] as [string, string][])),
    ['state', stateOf(letter, now) + (letter.reason === null ? '' : `: ${printable(letter.reason)}`)],
    ...(letter.wasReplayed ? ([['again', 'it was replayed before, and parked again']] as [string, string][]) : []),
    ...Object.entries(letter.headers).map(([name, value]): [string, string] => [
      'header',
      `${printable(name)}: ${printableShort([value].flat().join(', '), HEADER_CHARACTERS_MAX)}`,
    ]),
  ];
  const text = lines.map(([name, value]) => `${name.padEnd(8)}${value}`);
  if (letter.undecodable !== undefined)
    text.push(`        cannot be decoded: ${letter.undecodable}; its bytes are not shown`);
  if (letter.value !== undefined) text.push(printableJson(letter.value));
  return text.join('\n');
}

/** @returns what a replay or a discard would touch, by topic and code */
export function printSelection({ letters, settled, isCut }: Selection, verb: string): string {
  const groups = Map.groupBy(letters, ({ origin, code }) => `${code} from ${origin?.topic ?? '(not said)'}`);
  const cut = letters.filter(({ isCut }) => isCut).length;
  const inDoubt = letters.filter(({ claim }) => claim !== undefined).length;
  return [
    `${sayMany(letters.length, 'dead letter')} to ${verb}`,
    ...[...groups].map(([name, each]) => {
      const partitions = new Set(each.map(({ origin }) => origin?.partition));
      return `  ${sayCount(each.length)} ${printable(name)}, ${sayMany(partitions.size, 'partition')}`;
    }),
    ...(cut === 0 || verb !== 'replay'
      ? []
      : [`  of these ${sayCount(cut)} that hold only the beginning of their record: they are not sent`]),
    ...(inDoubt === 0
      ? []
      : [
          `  of these ${sayCount(inDoubt)} that an earlier run had begun with: it is looked up first whether they were sent`,
        ]),
    ...(settled === 0 ? [] : [`  ${sayMany(settled, 'more one', 'more')} match and are settled already`]),
    ...(isCut ? ['  there are more: --limit was reached; run the command again for the rest'] : []),
  ].join('\n');
}

const refsOf = (refs: readonly string[]): string =>
  refs.slice(0, REFS_MAX).join(' ') + (refs.length > REFS_MAX ? ` and ${refs.length - REFS_MAX} more` : '');

/** @returns what a replay did */
export function printReplay({
  replayed,
  settledBefore,
  unproven,
  homeless,
  cut,
  tooLarge,
  left,
}: ReplayReport): string {
  return [
    `replayed ${sayMany(replayed, 'dead letter')}`,
    ...(settledBefore === 0
      ? []
      : [`${sayCount(settledBefore)} had been sent before, or were settled by somebody else`]),
    ...(unproven.length === 0
      ? []
      : [
          `not sent, because nobody can tell whether an earlier run had sent them (what would show it was deleted): ${refsOf(unproven)}; to send them all the same: --even-if-unproven`,
        ]),
    ...(homeless.length === 0
      ? []
      : [`not sent, because where they came from is not there or not said: ${refsOf(homeless)}`]),
    ...(cut.length === 0
      ? []
      : [
          `not sent, because they hold only the beginning of their record: ${refsOf(cut)}; it is where it came from, whole, as long as its topic keeps it (dlq show says where)`,
        ]),
    ...(tooLarge.length === 0
      ? []
      : [`not sent, because their topic takes no record of that size (max.message.bytes): ${refsOf(tooLarge)}`]),
    ...(left === 0 ? [] : [`${sayCount(left)} are left`]),
  ].join('\n');
}

/** @returns what a discard did */
export const printDiscard = ({ discarded, settledBefore }: DiscardReport): string =>
  `discarded ${sayMany(discarded, 'dead letter')}` +
  (settledBefore === 0 ? '' : `; ${sayCount(settledBefore)} were replayed or discarded before, or are left`);
