import { expect, test } from '@jest/globals';
import { humanReporter, jsonReporter, runStep } from './reporter.ts';
import type { Terminal } from './terminal.ts';

function recorded() {
  const lines: string[] = [];
  const terminal: Terminal = {
    say: (line) => void lines.push(line),
    live: (line) => void lines.push(`live: ${line}`),
    endLive: () => undefined,
  };
  return { lines, terminal };
}
const withoutTimes = (line: string) => line.replace(/\d+\.\d s/, 'N s');

test('a person sees a step begin, go on and end with what it came to', async () => {
  const { lines, terminal } = recorded();
  const made = await runStep(humanReporter(terminal), 'topics', async (progress) => {
    progress('3 of 17');
    return { result: 17, summary: '17 created' };
  });
  expect(made).toBe(17);
  expect(lines.map(withoutTimes)).toEqual([
    'live: … topics            ',
    'live: … topics            3 of 17',
    '✓ topics            17 created (N s)',
  ]);
});

test('a step that fails is marked, and its error goes on to the caller', async () => {
  const { lines, terminal } = recorded();
  const failing = runStep(humanReporter(terminal), 'schemas', () => Promise.reject(new Error('no registry')));
  await expect(failing).rejects.toThrow('no registry');
  expect(lines.map(withoutTimes).at(-1)).toBe('✗ schemas           failed after N s');
});

test('a program gets one object a line', async () => {
  const lines: string[] = [];
  const reporter = jsonReporter((line) => void lines.push(line));
  await runStep(reporter, 'topics', async () => ({ result: undefined, summary: '17 created' }));
  await runStep(reporter, 'schemas', () => Promise.reject(new Error('no registry'))).catch(() => undefined);
  reporter.addresses([['estimates', 'http://127.0.0.1:8080']]);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { step: 'topics', ok: true, summary: '17 created', tookMs: expect.any(Number) },
    { step: 'schemas', ok: false, tookMs: expect.any(Number) },
    { addresses: { estimates: 'http://127.0.0.1:8080' } },
  ]);
});
