import { describe, expect, test } from '@jest/globals';
import { scriptedTerminal } from '../testing/scripted-terminal.ts';
import { printable, printableJson, printableShort } from './printable.ts';
import { createProgress } from './progress.ts';
import { saySpan } from './say-span.ts';
import { confirm } from './terminal.ts';

const outcome = async (work: Promise<void>): Promise<string> => {
  try {
    await work;
    return 'goes on';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a command that changes something', () => {
  test.each<[string, readonly string[] | undefined, boolean, string]>([
    ['goes on when a person types yes', ['yes'], false, 'goes on'],
    ['goes on when a person types YES and a blank', ['YES '], false, 'goes on'],
    ['stops at y', ['y'], false, 'NOT_CONFIRMED'],
    ['stops at nothing', [''], false, 'NOT_CONFIRMED'],
    ['stops when nobody can be asked', undefined, false, 'NEEDS_YES'],
    ['goes on with --yes', undefined, true, 'goes on'],
  ])('%s', async (_, answers, yes, expected) => {
    expect(await outcome(confirm(scriptedTerminal(answers), 'Move it?', yes))).toBe(expected);
  });
});

test('foreign text cannot steer a terminal', () => {
  expect(printable('a\u001b[2Jb\rc\u009bd\u202ee')).toBe('a\\u001b[2Jb\\u000dc\\u009bd\\u202ee');
  expect(printableJson({ a: '\u009b\u0007' })).toBe('{"a":"\\u009b\\u0007"}');
  expect(printableShort('x'.repeat(12), 10)).toBe(`${'x'.repeat(10)}… (12 characters)`);
});

test('where nobody looks on, short work says nothing', () => {
  const terminal = scriptedTerminal();
  const progress = createProgress(terminal, 'replay', 100);
  progress.advance(50);
  progress.advance(50);
  progress.end();
  expect(terminal.said).toEqual([]);
});

test.each([
  [-5, '0 s'],
  [999, '0 s'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [93_784_000, '1 d 2 h'],
])('%d ms is %s', (ms, said) => {
  expect(saySpan(ms)).toBe(said);
});
