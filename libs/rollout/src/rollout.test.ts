import { expect, test } from '@jest/globals';
import { memoryFlagStore } from './adapters/memory/memory-flag-store.ts';
import { printFlags } from './flags-document.ts';
import type { RolloutEvent } from './followed-flags.ts';
import { createRollout, FLAGS_POLL_MS, type RolloutOptions } from './rollout.ts';
import { ManualClock } from '@porchlight/clock/testing';

const documentOf = (version: number, percent: number, changedAt = 0): string =>
  printFlags({ version, changedAt, flags: { 'cache.read': { percent, cohort: 'on', rest: 'off' } } });

type Options = { text?: string | null; store?: ReturnType<typeof memoryFlagStore> };

function bench(options: Options & Partial<Pick<RolloutOptions, 'readFile'>> = {}) {
  const { text = null, store = memoryFlagStore(text), ...rest } = options;
  const clock = new ManualClock();
  const readings: string[] = [];
  const said: string[] = [];
  const events: RolloutEvent[] = [];
  const say = (_: object, message: string) => void said.push(message);
  const rollout = createRollout({
    store,
    clock,
    onReading: (reading) => void readings.push(reading),
    log: { info: say, warn: say, error: say },
    ...rest,
  });
  rollout.onEvent((event) => void events.push(event));
  const readsCache = () => rollout.now().cohortOf('cache.read', 'a');
  return { clock, store, rollout, readings, said, events, readsCache };
}

test('a change is in force after one poll, the same object stays until the next, and listeners are told what changed', async () => {
  const { clock, store, rollout, readings, events, readsCache } = bench({ text: documentOf(1, 100) });
  expect(readsCache()).toBe('on');
  await rollout.start();
  const before = rollout.now();
  await clock.advance(FLAGS_POLL_MS);
  expect(rollout.now()).toBe(before);
  store.text = documentOf(2, 0);
  await clock.advance(FLAGS_POLL_MS);
  expect([readsCache(), rollout.state()]).toEqual(['off', { origin: 'store', version: 2, readAgoMs: 0 }]);
  expect(readings).toEqual(['changed', 'same', 'changed']);
  expect(events).toEqual([1, 2].map(() => ({ kind: 'changed', flags: ['cache.read'] })));
  rollout.stop();
  expect(clock.waiting).toBe(0);
});

test('a document that is none changes nothing: it is counted each time, and told once', async () => {
  const { clock, store, rollout, readings, said, readsCache } = bench({ text: documentOf(1, 0) });
  await rollout.start();
  store.text = '{"format": 1';
  await clock.advance(3 * FLAGS_POLL_MS);
  expect([readsCache(), readings]).toEqual(['off', ['changed', 'refused', 'refused', 'refused']]);
  expect(said.filter((message) => message.includes('refused'))).toHaveLength(1);
  store.text = documentOf(1, 0);
  await clock.advance(FLAGS_POLL_MS);
  store.text = documentOf(3, 100);
  await clock.advance(FLAGS_POLL_MS);
  expect([readsCache(), readings.slice(4)]).toEqual(['on', ['same', 'changed']]);
});

test('while the store is away the last good flags stay, it is said once, and the next answer counts', async () => {
  const { clock, store, rollout, readings, said, events, readsCache } = bench({ text: documentOf(1, 0) });
  await rollout.start();
  store.isAway = true;
  await clock.advance(4 * FLAGS_POLL_MS);
  expect([readsCache(), rollout.state().readAgoMs]).toEqual(['off', 4 * FLAGS_POLL_MS]);
  expect(said.filter((message) => message.includes('cannot be read'))).toHaveLength(1);
  store.isAway = false;
  store.text = documentOf(2, 100);
  await clock.advance(FLAGS_POLL_MS);
  expect([readsCache(), readings.at(-1)]).toEqual(['on', 'changed']);
  expect(events.map(({ kind }) => kind)).toEqual(['changed', 'lost', 'found', 'changed']);
});

test('a store that has forgotten is given back what it said: who starts now reads the same', async () => {
  const { clock, store, rollout, readings, readsCache } = bench({ text: documentOf(4, 0) });
  await rollout.start();
  store.text = null;
  await clock.advance(FLAGS_POLL_MS);
  expect([readsCache(), readings.at(-1), store.text]).toEqual(['off', 'restored', documentOf(4, 0)]);
});

test('what an operator wrote into a store that had forgotten is not written over', async () => {
  const { clock, store, rollout, readsCache } = bench({ text: documentOf(4, 0) });
  await rollout.start();
  const read = store.read.bind(store);
  store.read = async () => {
    const text = await read();
    store.text = documentOf(1, 100, 1); // just after we have seen that there is nothing
    return text;
  };
  store.text = null;
  await clock.advance(FLAGS_POLL_MS);
  expect(store.text).toBe(documentOf(1, 100, 1));
  store.read = read;
  await clock.advance(FLAGS_POLL_MS);
  expect(readsCache()).toBe('on');
});

test('what a process put back that had not heard of the last change is replaced by the last change, and never in force', async () => {
  const store = memoryFlagStore(documentOf(8, 100, 1));
  const [behind, ahead] = [bench({ store }), bench({ store })];
  await Promise.all([behind.rollout.start(), ahead.rollout.start()]);
  store.text = documentOf(9, 0, 2);
  await ahead.clock.advance(FLAGS_POLL_MS); // only this one hears of it
  store.text = null;
  await behind.clock.advance(FLAGS_POLL_MS);
  expect([behind.readings.at(-1), store.text]).toEqual(['restored', documentOf(8, 100, 1)]);
  await ahead.clock.advance(FLAGS_POLL_MS);
  expect([ahead.readsCache(), ahead.readings.at(-1), store.text]).toEqual(['off', 'restored', documentOf(9, 0, 2)]);
  expect(ahead.said.at(-1)).toContain('npx porchlight flags');
  await behind.clock.advance(FLAGS_POLL_MS);
  expect([behind.readsCache(), behind.rollout.state().version]).toEqual(['off', 9]);
});

test('what an operator begins anew in a store that had forgotten counts, though its version is lower', async () => {
  const { clock, store, rollout, readsCache } = bench({ text: documentOf(9, 0, 5) });
  await rollout.start();
  store.text = documentOf(1, 100, 6);
  await clock.advance(FLAGS_POLL_MS);
  expect([readsCache(), rollout.state().version, store.text]).toEqual(['on', 1, documentOf(1, 100, 6)]);
});

test('a store that is away at the start: the file counts, until the store says something', async () => {
  const { clock, store, rollout, readsCache } = bench({ readFile: async () => documentOf(1, 0) });
  store.isAway = true;
  await rollout.start();
  expect([readsCache(), rollout.state()]).toEqual(['off', { origin: 'file', version: 1, readAgoMs: null }]);
  store.isAway = false;
  await clock.advance(FLAGS_POLL_MS);
  expect([rollout.state().origin, store.text]).toEqual(['file', null]); // a file is never put into the store
  store.text = documentOf(1, 100);
  await clock.advance(FLAGS_POLL_MS);
  expect([readsCache(), rollout.state().origin]).toEqual(['on', 'store']);
});

test('a store that says something at the start is believed before the file', async () => {
  const { rollout, readsCache } = bench({ text: documentOf(1, 0), readFile: async () => documentOf(9, 100) });
  await rollout.start();
  expect([readsCache(), rollout.state().version]).toEqual(['off', 1]);
});

test('what the store says while the file is being read is believed before it', async () => {
  const { promise: file, resolve: read } = Promise.withResolvers<string>();
  const { clock, store, rollout, readsCache } = bench({ readFile: () => file });
  store.isAway = true;
  const started = rollout.start();
  await clock.advance(1);
  store.isAway = false;
  store.text = documentOf(5, 0);
  await clock.advance(FLAGS_POLL_MS);
  read(documentOf(1, 100));
  await started;
  expect([readsCache(), rollout.state()]).toMatchObject(['off', { origin: 'store', version: 5 }]);
});

test.each([
  ['is not there', () => Promise.reject(new Error('ENOENT'))],
  ['is no document', async () => 'no JSON'],
])('with the store away and a file that %s everything is as usual', async (_, readFile) => {
  const { store, rollout, said } = bench({ readFile });
  store.isAway = true;
  await rollout.start();
  expect([rollout.state().origin, rollout.now().cohortOf('cache.read', 'a')]).toEqual(['usual', 'on']);
  expect(said.at(-1)).toContain('the file of flags cannot be used');
});

test('a clock of this host that is set back while the store is read does not end the polls', async () => {
  const { clock, store, rollout, readings, readsCache } = bench({ text: documentOf(1, 100) });
  const read = store.read.bind(store);
  store.read = async () => {
    store.read = read;
    await clock.advance(-3_600_000);
    return await read();
  };
  await rollout.start();
  store.text = documentOf(2, 0);
  await clock.advance(FLAGS_POLL_MS);
  expect([readings, readsCache()]).toEqual([['changed', 'changed'], 'off']);
});

test('a start that is asked for twice is one', async () => {
  const { rollout, readings } = bench({ text: documentOf(1, 0) });
  await Promise.all([rollout.start(), rollout.start()]);
  expect(readings).toEqual(['changed']);
});
