import { expect, test } from '@jest/globals';
import { createTerminal } from './terminal.ts';

function outputOf(isTTY: boolean, columns = 20) {
  const written: string[] = [];
  return { written, output: { isTTY, columns, write: (text: string) => written.push(text) } };
}

test('on a screen the live line is drawn over itself, cut to the width, and steps aside for a line that stays', () => {
  const { written, output } = outputOf(true, 8);
  const terminal = createTerminal(output);
  terminal.live('0123456789');
  terminal.say('ready');
  terminal.live('next');
  terminal.endLive();
  terminal.endLive();
  expect(written).toEqual(['\r\u001b[K0123456', '\r\u001b[K', 'ready\n', '\r\u001b[Knext', '\n']);
});

test('in a pipe a live line is a line like any other, every ten seconds at most', () => {
  const { written, output } = outputOf(false);
  let nowMs = 0;
  const terminal = createTerminal(output, () => nowMs);
  for (nowMs of [0, 2_000, 9_999, 10_000]) terminal.live(`at ${nowMs}`);
  terminal.endLive();
  expect(written).toEqual(['at 0\n', 'at 10000\n']);
});
