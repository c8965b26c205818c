import { expect, test } from '@jest/globals';
import { describeMarkStore } from '../../testing/marks/mark-conformance.ts';
import { memoryMarkWorld } from '../../testing/marks/memory-mark-world.ts';
import { memoryMarkStore } from './memory-mark-store.ts';

describeMarkStore('in memory', memoryMarkWorld);

const at = { topic: 't', partition: 0 };

test('a bucket that is not reached answers nothing and hinders no other', async () => {
  const store = memoryMarkStore();
  store.faults.unreachable.add(1);
  const commands = [{ ...at, seenOffset: null, nextOffset: 4n, sinceAt: 9 }];
  expect(await store.reset([1, 2].map((bucket) => ({ bucket, commands })))).toEqual([null, ['reset']]);
  expect(await store.raiseSince(10)).toEqual([1]);
  const read = await store.read();
  expect([read[1], read[2]?.sinceAt]).toEqual([null, 10]);
});

test('an answer may be lost after its effect', async () => {
  const store = memoryMarkStore();
  store.faults.losesAnswers = true;
  expect(
    await store.reset([{ bucket: 1, commands: [{ ...at, seenOffset: null, nextOffset: 4n, sinceAt: 9 }] }]),
  ).toEqual([null]);
  expect(store.stateOf(1)).toEqual({ partitions: { 't/0': { nextOffset: 4n, untilAt: null } }, sinceAt: 9 });
});

test('a failover leaves an older memory, another run and a lost connection', async () => {
  const store = memoryMarkStore();
  const before = { run: store.run(), lost: store.connectionsLost() };
  const copy = { partitions: { 't/0': { nextOffset: 3n, untilAt: null } }, sinceAt: 1 };
  store.failOver((bucket) => (bucket === 5 ? copy : store.stateOf(bucket)));
  expect(store.run()).not.toBe(before.run);
  expect(store.connectionsLost()).toBe(before.lost + 1);
  expect(store.stateOf(5)).toEqual(copy);
});

test('behind a proxy it leaves the same, but the connection stays', async () => {
  const store = memoryMarkStore();
  const before = { run: store.run(), lost: store.connectionsLost() };
  const copy = { partitions: { 't/0': { nextOffset: 3n, untilAt: null } }, sinceAt: 1 };
  store.failOverUnseen(() => copy);
  expect(store.run()).not.toBe(before.run);
  expect(store.connectionsLost()).toBe(before.lost);
  expect((await store.read())[5]).toEqual({ ...copy, run: store.run() });
});
