import { expect, test } from '@jest/globals';
import { silentLogger } from '../log.ts';
import { noMetrics } from '../metrics.ts';
import type { RawRecord, Topic } from '../port.ts';
import { runLoopDefaults } from '../settings.ts';
import { ManualClock, turn } from '../testing/manual-clock.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { processing, reading } from '../testing/test-bed.ts';
import { RunLoop, type PartitionOffset } from './run-loop.ts';

const input: Topic<number> = { name: 'in' };
const at = { topic: 'in', partition: 0 };

function createScene() {
  const seen: number[] = [];
  const commits: PartitionOffset[] = [];
  const runLoop = new RunLoop({
    groupId: 'g',
    definitions: [reading(input, () => processing(({ value }) => void seen.push(value)))],
    serde: jsonSerde,
    clock: new ManualClock(),
    log: silentLogger,
    metrics: noMetrics,
    settings: runLoopDefaults,
    client: {
      pause: () => undefined,
      resume: () => undefined,
      produce: () => Promise.resolve(),
      commit: async (offsets) => void commits.push(...offsets),
    },
    onFatal: (error) => {
      throw error;
    },
  });
  return { runLoop, seen, commits };
}

const rawRecord = (offset: number): RawRecord => ({
  ...at,
  offset: BigInt(offset),
  key: null,
  value: Buffer.from(String(offset)),
  headers: {},
  timestamp: 0,
});

test('what was fetched under an earlier assignment is not taken: its position could lie past the committed offset', async () => {
  const { runLoop, seen, commits } = createScene();
  runLoop.assign([at]);
  const before = runLoop.epoch;
  runLoop.assign([at]);
  expect(runLoop.deliver(before, at, [rawRecord(500)], 600n)).toBeNull();
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(450)], 600n)).toMatchObject({ last: 450n });
  await turn();
  await runLoop.stop();
  expect(seen).toEqual([450]);
  expect(commits).toEqual([{ ...at, nextOffset: 451n }]);
});

test('a partition that is not assigned, or a loop that has stopped, takes nothing', async () => {
  const { runLoop } = createScene();
  runLoop.assign([]);
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n)).toBeNull();
  await runLoop.stop();
  runLoop.assign([at]);
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n)).toBeNull();
});

test('two tasks for one topic are refused', () => {
  const definition = reading(input, () => processing(() => undefined));
  const client = {
    pause: () => undefined,
    resume: () => undefined,
    produce: () => Promise.resolve(),
    commit: () => Promise.resolve(),
  };
  const ports = {
    serde: jsonSerde,
    clock: new ManualClock(),
    log: silentLogger,
    metrics: noMetrics,
    settings: runLoopDefaults,
    client,
    onFatal: () => undefined,
  };
  expect(() => new RunLoop({ ...ports, groupId: 'g', definitions: [definition, definition] })).toThrow(
    'two tasks read in',
  );
});
