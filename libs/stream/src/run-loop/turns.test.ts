import { expect, test } from '@jest/globals';
import { silentLogger } from '../log.ts';
import { noMetrics } from '../metrics.ts';
import type { RawRecord, Topic } from '../port.ts';
import { runLoopDefaults } from '../settings.ts';
import { ManualClock, turn } from '../testing/manual-clock.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { processing, reading } from '../testing/test-bed.ts';
import { RunLoop } from './run-loop.ts';
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
  const runLoop = new RunLoop({
    ...{ groupId: 'g', serde: jsonSerde, clock, log: silentLogger, metrics: noMetrics, settings: runLoopDefaults },
    definitions: [reading(input, () => processing(work))],
    client: {
      pause: () => undefined,
      resume: () => undefined,
      produce: () => Promise.resolve(),
      commit: () => Promise.resolve(),
      offsetsAt: () => Promise.resolve([]),
      seek: () => undefined,
    },
    onFatal: (error) => {
      throw error;
    },
  });
  const at = (partition: number) => ({ topic: 'in', partition });
  const records = (partition: number, from: number): RawRecord[] =>
    Array.from({ length: 10 }, (_, n) => ({
      ...{ ...at(partition), offset: BigInt(from + n), key: null, value: Buffer.from('0'), headers: {}, timestamp: 0 },
    }));
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
