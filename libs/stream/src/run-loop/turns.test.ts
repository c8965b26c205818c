import { expect, test } from '@jest/globals';
import type { RawRecord, Topic } from '../port.ts';
import { bareRunLoop, rawRecordAt } from '../testing/bare-run-loop.ts';
import { ManualClock, turn } from '../testing/manual-clock.ts';
import { processing, reading } from '../testing/test-bed.ts';
import { TURN_MS_MAX } from './turns.ts';

const input: Topic<number> = { name: 'in' };
const RECORD_MS = 7;

test('records that cost time and end at once share turns of the event loop, whoever pumps and however often', async () => {
  const manual = new ManualClock();
  let nowMs = 0;
  const clock = { now: () => nowMs, after: (delayMs: number, run: () => void) => manual.after(delayMs, run) };
  const seen: number[] = [];
  const work = ({ partition }: { partition: number }): void => {
    seen.push(partition);
    nowMs += RECORD_MS;
  };
  const runLoop = bareRunLoop([reading(input, () => processing(work))], { clock });
  const at = (partition: number) => ({ topic: 'in', partition });
  const records = (partition: number, from: number): RawRecord[] =>
    Array.from({ length: 10 }, (_, n) => rawRecordAt(at(partition), from + n));
  runLoop.assign([at(0), at(1)]);
  await turn();
  for (const from of [0, 10, 20])
    for (const partition of [0, 1]) runLoop.deliver(runLoop.epoch, at(partition), records(partition, from), 30n);
  const begunByTurn: number[] = [];
  for (let before = 0; before < 60; before = seen.length) {
    before = seen.length;
    await turn();
    begunByTurn.push(seen.length - before);
    if (seen.length === 60) break;
  }
  const perTurn = Math.ceil(TURN_MS_MAX / RECORD_MS);
  expect(Math.max(...begunByTurn)).toBeLessThanOrEqual(perTurn);
  // the partitions take turns: neither waits for the end of the other's backlog
  expect(new Set(seen.slice(0, 3 * perTurn))).toEqual(new Set([0, 1]));
  expect(seen.filter((partition) => partition === 1)).toHaveLength(30);
  await runLoop.stop();
});
