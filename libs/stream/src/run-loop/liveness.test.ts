import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}
const input: Topic<Step> = { name: 'in' };
const never = new Promise<void>(() => undefined);

test('a task that always runs some record is live while each of them is short', async () => {
  const run = createTestRun({ definitions: [], settings: { processMsMax: 1_000 } });
  const slow = processing<Step>(() => new Promise<void>((resolve) => void run.clock.after(300, resolve)));
  const member = await run.startMember({
    definitions: [reading(input, () => slow, { order: { concurrentRecordsMax: 2, keyOrder: 'given-up' } })],
  });
  const live: boolean[] = [];
  for (let n = 0; n < 20; n += 1) {
    run.append({ topic: input, value: { n } });
    await run.advance(150);
    live.push(member.isLive());
  }
  expect(member.state().partitions[0]?.inFlight).toBe(1);
  expect(live).toEqual(live.map(() => true));
  await run.stop();
});

test('a call that runs too long makes it not live, whatever ends beside it', async () => {
  const run = createTestRun({ definitions: [], settings: { processMsMax: 1_000 } });
  const task = processing<Step>(({ value }) => (value.n === 0 ? never : undefined));
  const member = await run.startMember({
    definitions: [reading(input, () => task, { order: { concurrentRecordsMax: 2, keyOrder: 'given-up' } })],
  });
  for (let n = 0; n < 3; n += 1) run.append({ topic: input, value: { n } });
  await run.advance(1_000);
  expect(member.isLive()).toBe(true);
  await run.advance(1);
  expect(member.isLive()).toBe(false);
  await run.stop();
});

test('a call that never ends is seen though its partition went away and came back', async () => {
  const settings = { processMsMax: 60_000, drainMs: 100, finalCommitMs: 100 };
  const run = createTestRun({ definitions: [], partitions: { in: 2 }, settings });
  let calls = 0;
  const task = processing<Step>(() => ((calls += 1) === 1 ? never : undefined));
  const member = await run.startMember({ definitions: [reading(input, () => task)] });
  run.append({ topic: input, partition: 1, value: { n: 0 } });
  await run.settle();
  const joined = run.startMember({ definitions: [reading(input, () => processing(() => undefined))] });
  await run.advance(1_000);
  const other = await joined;
  await other.stop();
  await run.advance(1_000);
  expect(member.state().partitions.map(({ partition }) => partition)).toEqual([0, 1]);
  expect(member.isLive()).toBe(true);
  await run.advance(60_000);
  expect([member.isLive(), calls]).toEqual([false, 1]);
  await run.stop();
});

test.each([
  ['an init', (): object => ({ init: () => never })],
  ['a window', (): object => ({ window: { everyMs: 100, run: () => never } })],
])('%s that never ends makes it not live: its partition stands still without a word', async (_name, part) => {
  const run = createTestRun({ definitions: [], settings: { processMsMax: 1_000 } });
  const member = await run.startMember({
    definitions: [reading(input, () => ({ ...processing<Step>(() => undefined), ...part() }))],
  });
  await run.advance(1_000);
  expect(member.isLive()).toBe(true);
  await run.advance(200);
  expect(member.isLive()).toBe(false);
  await run.stop();
});
