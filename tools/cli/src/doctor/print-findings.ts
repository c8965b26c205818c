import { styleText } from 'node:util';
import { printable } from '../terminal/printable.ts';
import { sayCount } from '../terminal/say-span.ts';
import type { Finding, FindingState } from './finding.ts';

const SIGNS: Readonly<Record<FindingState, { sign: string; colour: 'green' | 'yellow' | 'red' | 'gray' }>> = {
  pass: { sign: 'ok  ', colour: 'green' },
  warn: { sign: 'warn', colour: 'yellow' },
  fail: { sign: 'FAIL', colour: 'red' },
  skip: { sign: 'skip', colour: 'gray' },
};

/**
 * @param isColoured only where a person looks on a screen: a file would hold the codes
 * @returns a line for each finding, with what mends it below
 */
export function printFindings(findings: readonly Finding[], isColoured: boolean): string {
  const width = Math.max(0, ...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, found, mend }) => {
    const { sign, colour } = SIGNS[state];
    const shown = isColoured ? styleText(colour, sign, { validateStream: false }) : sign;
    return [
      `${shown}  ${check.padEnd(width)}  ${printable(found)}`,
      ...(mend === null ? [] : [`${' '.repeat(width + 8)}-> ${printable(mend)}`]),
    ];
  });
  const count = (state: FindingState): string =>
    `${sayCount(findings.filter((finding) => finding.state === state).length)} ${state}`;
  return [...lines, '', (['pass', 'warn', 'fail', 'skip'] as const).map(count).join(', ')].join('\n');
}
