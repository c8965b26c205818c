import { printable } from '../terminal/printable.ts';
import { sayCount, sayMany } from '../terminal/say-span.ts';
import { textTable } from '../terminal/text-table.ts';
import type { StartpointPlan } from './set-startpoint.ts';

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** @returns what the startpoint would do, partition by partition, and in words */
export function printStartpoint({ group, moves, isStateful }: StartpointPlan): string {
  const table = textTable(
    [
      { title: 'topic' },
      { title: 'partition', align: 'right' },
      { title: 'from', align: 'right' },
      { title: '' },
      { title: 'to', align: 'right' },
      { title: 'skipped', align: 'right' },
      { title: 'read again', align: 'right' },
    ],
    moves.map(({ topic, partition, from, to, skipped, repeated }) => [
      printable(topic),
      String(partition),
      from === null ? 'nothing' : String(from),
      '->',
      String(to),
      sayCount(skipped),
      sayCount(repeated),
    ]),
  );
  const skipped = sumOf(moves.map((move) => move.skipped));
  const repeated = sumOf(moves.map((move) => move.repeated));
  const stateful = `${group} keeps state: records before what its state stands for are counted again when they are read again, and those that are skipped never reach it`;
  return [
    table,
    `${group}: ${sayMany(skipped, 'record')} would be skipped, ${sayMany(repeated, 'record')} read again (of a compacted topic: at most)`,
    ...(isStateful ? [stateful] : []),
  ].join('\n');
}
