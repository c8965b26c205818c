import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { failing, processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}
const input: Topic<Step> = { name: 'in' };
const output: Topic<Step> = { name: 'out' };

/** One member whose task says what is done, and whether the group may have given its partitions away. */
async function createScene(work: (step: Step) => void = () => undefined) {
  const done: string[] = [];
  const run = createTestRun({ definitions: [], settings: { retryFirstMs: 100, retryMostMs: 100 } });
  const task = {
    ...processing<Step>(({ value }, collector) => {
      done.push(`process ${value.n}`);
      work(value);
      collector.send(output, 'k', value);
    }),
    window: { everyMs: 1_000, run: () => void done.push('window') },
  };
  const beforePark = (): void => void done.push('beforePark');
  const member = await run.startMember({ definitions: [{ ...reading(input, () => task), beforePark }] });
  const sent = async (): Promise<unknown[]> => (await run.sent(output)).map(({ value }) => value);
  return { run, member, done, sent };
}

test('while the group may have given the partition away nothing of what was fetched is begun, and no window', async () => {
  const { run, member, done, sent } = await createScene();
  member.faults.membershipUnsure = true;
  run.append({ topic: input, value: { n: 0 } });
  run.append({ topic: input, value: { n: 1 } });
  await run.advance(2_500);
  expect([done, await sent()]).toEqual([[], []]);
  expect(member.state().waitingFor).toEqual(['MEMBERSHIP_UNSURE']);
  member.faults.membershipUnsure = false;
  await run.advance(100);
  expect(done).toEqual(['process 0', 'process 1']);
  await run.advance(1_000);
  expect(done).toEqual(['process 0', 'process 1', 'window']);
  await run.stop();
  expect([await sent(), run.committed(input)]).toEqual([[{ n: 0 }, { n: 1 }], 2n]);
});

test('a record that waited for its dependency is not tried meanwhile', async () => {
  let isDown = true;
  const { run, member, done } = await createScene(() => {
    if (isDown) throw failing('retry', 'REDIS_DOWN');
  });
  run.append({ topic: input, value: { n: 0 } });
  await run.settle();
  member.faults.membershipUnsure = true;
  isDown = false;
  await run.advance(500);
  expect(done).toEqual(['process 0']);
  member.faults.membershipUnsure = false;
  await run.advance(100);
  expect(done).toEqual(['process 0', 'process 0']);
  await run.stop();
});

test('a record that fails for good is not parked meanwhile, nor what parking costs paid', async () => {
  const scene = await createScene(() => {
    scene.member.faults.membershipUnsure = true; // the call outlasted the session
    throw failing('park', 'BAD');
  });
  const { run, done } = scene;
  run.append({ topic: input, value: { n: 0 } });
  await run.settle();
  expect([done, run.parked()]).toEqual([['process 0'], []]);
  await run.stop();
});

test('what was processed before is not sent meanwhile', async () => {
  const scene = await createScene(() => void (scene.member.faults.membershipUnsure = true));
  const { run, member, sent } = scene;
  run.append({ topic: input, value: { n: 0 } });
  await run.advance(200);
  expect(await sent()).toEqual([]);
  member.faults.membershipUnsure = false;
  await run.advance(100);
  expect(await sent()).toEqual([{ n: 0 }]);
  await run.stop();
});
