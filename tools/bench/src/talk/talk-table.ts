import { armNames, type ArmName } from './arms.ts';
import { TALK_KINDS, type TalkKind } from './seen-calls.ts';
import type { KindFigures, TalkFigures } from './talk-figures.ts';
import { goals, talkSaid, type TalkPlot } from './talk-said.ts';

const COLUMNS = [
  '',
  'p50 ms',
  'p90 ms',
  'hits',
  'requests',
  'waited for',
  'items',
  'calls',
  'incomplete',
  'unanswered',
] as const;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const signed = (change: number): string => `${change > 0 ? '+' : ''}${percent(change)}`;

const rowOf = (name: string, figures: KindFigures): string[] => [
  name,
  String(figures.p50Ms),
  String(figures.p90Ms),
  percent(figures.hitRate),
  signed(figures.billedRequestsChange),
  signed(figures.waitedRequestsChange),
  signed(figures.billedItemsChange),
  String(figures.calls),
  String(figures.incomplete),
  String(figures.unanswered),
];

const talkRow = (name: string, { p50Ms, p90Ms, hitRate, billedRequestsChange }: TalkPlot): string[] => [
  `  the talk, ${name}`,
  String(p50Ms),
  String(p90Ms),
  percent(hitRate),
  signed(billedRequestsChange),
];

/** Lines of one kind: ours, and the talk's below them. */
function rowsOf(kind: TalkKind, figures: Readonly<Record<ArmName, KindFigures>>): string[][] {
  const { before, after } = talkSaid[kind];
  return [
    ...armNames.map((arm) => rowOf(`${kind} ${arm}`, figures[arm])),
    talkRow('before', before),
    talkRow('after', after),
  ];
}

/** The figures beside those of the talk, a line each. */
export function talkTable(figures: TalkFigures): string[] {
  const rows = [[...COLUMNS], ...TALK_KINDS.flatMap((kind) => rowsOf(kind, figures[kind]))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2)))
      .join(''),
  );
}

/** One line for each goal of an arm with a cache: what was asked, what there is. */
export function goalLines(figures: TalkFigures, arm: Exclude<ArmName, 'before'>): string[] {
  return TALK_KINDS.flatMap((kind) => {
    const { p50Ms, p90Ms, hitRate, billedRequestsChange } = goals[kind];
    const is = figures[kind][arm];
    const judged = (what: string, reached: boolean): string => `${reached ? 'reached' : 'MISSED '}  ${kind} ${what}`;
    return [
      judged(`p50 ${is.p50Ms} ms, wanted at most ${p50Ms}`, is.p50Ms <= p50Ms),
      judged(`p90 ${is.p90Ms} ms, wanted at most ${p90Ms}`, is.p90Ms <= p90Ms),
      ...(hitRate === undefined
        ? []
        : [judged(`hits ${percent(is.hitRate)}, wanted at least ${percent(hitRate)}`, is.hitRate >= hitRate)]),
      judged(
        `billed requests ${signed(is.billedRequestsChange)}, wanted ${signed(billedRequestsChange)} or fewer`,
        is.billedRequestsChange <= billedRequestsChange,
      ),
    ];
  });
}
