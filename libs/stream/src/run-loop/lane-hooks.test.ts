import { expect, test } from '@jest/globals';
import { silentLogger } from '../log.ts';
import { noMetrics } from '../metrics.ts';
import type { Topic } from '../port.ts';
import { runLoopDefaults } from '../settings.ts';
import { rawRecordAt } from '../testing/bare-run-loop.ts';
import { ManualClock, turn } from '../testing/manual-clock.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { createGate, failing, processing, reading, type Gate } from '../testing/test-bed.ts';
import { Lane } from './lane.ts';
import { OutputBatcher } from './output-batcher.ts';
import { ParkingLimit } from './parking-limit.ts';
import { noStores } from './no-stores.ts';
import type { TaskHooks } from './task-hooks.ts';
import { Turns } from './turns.ts';

const input: Topic<number> = { name: 'in' };
const at = { topic: 'in', partition: 0 };

const rawRecord = (offset: number) => rawRecordAt(at, offset);

/** A lane whose hooks say what they are asked, and whose records wait for a gate. */
function createScene(overrides: Partial<TaskHooks> = {}, work: (n: number) => Promise<void> | void = () => undefined) {
  const seen: string[] = [];
  const hooks: TaskHooks = {
    context: noStores,
    isFull: false,
    open: async () => void seen.push('open'),
    isDone: () => false,
    async attempt(run) {
      seen.push('attempt');
      return run();
    },
    beforeCommit: async (next) => void seen.push(`before ${next}`),
    committed: (next) => void seen.push(`committed ${next}`),
    close: async () => void seen.push('close'),
    ...overrides,
  };
  const clock = new ManualClock();
  const fatal: Error[] = [];
  const outputs = new OutputBatcher({
    produce: () => Promise.resolve(),
    clock,
    log: silentLogger,
    metrics: noMetrics,
    limits: runLoopDefaults,
    onRoom: () => undefined,
  });
  const definition = reading(input, () => ({
    ...processing<number>(({ value }) => (seen.push(`record ${value}`), work(value))),
    init: () => void seen.push('init'),
    close: () => void seen.push('task closes'),
  }));
  const lane = new Lane(
    {
      groupId: 'g',
      deadLetterTopic: 'g.dlq',
      serde: jsonSerde,
      clock,
      log: silentLogger,
      metrics: noMetrics,
      settings: runLoopDefaults,
      outputs,
      parking: new ParkingLimit(clock, runLoopDefaults),
      turns: new Turns(clock),
      checkMembership: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      onFatal: (error) => void fatal.push(error),
    },
    { at, topic: input, definition, hooks },
  );
  return { lane, seen, clock, fatal };
}

test('state is opened before init and the first record, at every assignment; init is once, and close is the last of all', async () => {
  const { lane, seen } = createScene();
  lane.open();
  lane.deliver([rawRecord(0)], 1n);
  await turn();
  lane.fence();
  lane.open();
  lane.deliver([rawRecord(0)], 1n);
  await turn();
  await lane.close();
  const record = ['attempt', 'record 0'];
  expect(seen).toEqual(['open', 'init', ...record, 'open', ...record, 'task closes', 'close']);
});

test('state whose dependency is down is opened again until it succeeds, and no record begins meanwhile', async () => {
  let failures = 3;
  const { lane, seen, clock } = createScene({
    open: async () => {
      failures -= 1;
      if (failures >= 0) throw failing('retry', 'CHANGELOG_DOWN');
    },
  });
  lane.open();
  lane.deliver([rawRecord(0)], 1n);
  await turn();
  expect([lane.state().waitingFor, seen]).toEqual(['CHANGELOG_DOWN', []]);
  await clock.advance(10_000);
  expect([lane.state().waitingFor, seen]).toEqual([null, ['init', 'attempt', 'record 0']]);
});

test('a commit waits until nothing is begun, holds new records back only so long, and writes what the state stands for', async () => {
  const gates = [createGate(), createGate()];
  const flushed = createGate();
  const { lane, seen } = createScene({ beforeCommit: () => flushed.passed }, (n) => gates[n]?.passed);
  lane.open();
  await turn();
  lane.deliver([rawRecord(0), rawRecord(1)], 2n);
  await turn();
  const prepared = lane.commit.prepare();
  await turn();
  expect([seen.at(-1), lane.commit.begin()]).toEqual(['record 0', null]);
  gates[0]?.open();
  await turn();
  expect(seen.at(-1)).toBe('record 1'); // goes on while the state is written
  gates[1]?.open();
  await turn();
  expect(lane.commit.begin()).toBeNull();
  flushed.open();
  await prepared;
  expect(lane.commit.begin()).toBe(1n); // the watermark is 2, and the state stands for 1
  lane.commit.end(1n);
  expect(seen.at(-1)).toBe('committed 1');
});

test.each<[string, (scene: ReturnType<typeof createScene>, gate: Gate) => void]>([
  ['is waited for no longer once its partition is lost', ({ lane }) => lane.fence()],
  ['under an earlier lease is not committed', ({ lane }, gate) => (gate.open(), lane.open())],
])('state %s', async (_title, change) => {
  const gate = createGate();
  const scene = createScene({}, () => gate.passed);
  scene.lane.open();
  await turn();
  scene.lane.deliver([rawRecord(0)], 1n);
  await turn();
  const prepared = scene.lane.commit.prepare();
  change(scene, gate);
  await prepared;
  expect(scene.lane.commit.begin()).toBeNull();
  gate.open();
});

test('what was made durable under an earlier lease is not committed under the next', async () => {
  const { lane } = createScene();
  lane.open();
  await turn();
  lane.deliver([rawRecord(0)], 1n);
  await turn();
  await lane.commit.prepare();
  lane.fence();
  lane.open();
  await turn();
  expect(lane.commit.begin()).toBeNull();
});

test('a record that waits for its dependency lets the commit go by', async () => {
  const { lane, seen } = createScene({}, () => {
    throw failing('retry', 'REDIS_DOWN');
  });
  lane.open();
  await turn();
  lane.deliver([rawRecord(0)], 1n);
  await turn();
  await lane.commit.prepare();
  expect([lane.commit.begin(), seen.filter((each) => each.startsWith('before'))]).toEqual([null, []]);
});

test('state that cannot be written now commits nothing; one that never can stops the process', async () => {
  let fate: 'retry' | 'crash' = 'retry';
  const { lane, fatal } = createScene({ beforeCommit: () => Promise.reject(failing(fate, 'DISK_FULL')) });
  lane.open();
  await turn();
  lane.deliver([rawRecord(0)], 1n);
  await turn();
  await lane.commit.prepare();
  expect([lane.commit.begin(), fatal]).toEqual([null, []]);
  fate = 'crash';
  await lane.commit.prepare();
  expect(fatal).toMatchObject([{ code: 'DISK_FULL' }]);
});

test('a record whose effects are in already is passed over, and its offset counts as done', async () => {
  const { lane, seen } = createScene({ isDone: (offset) => offset < 2n });
  lane.open();
  await turn();
  lane.deliver([rawRecord(0), rawRecord(1), rawRecord(2)], 3n);
  await turn();
  expect(seen.filter((each) => each.startsWith('record'))).toEqual(['record 2']);
  expect(lane.state().nextOffset).toBe(3n);
});
