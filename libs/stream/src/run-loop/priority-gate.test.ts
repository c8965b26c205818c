import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { createGate, failing, processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}
const urgent: Topic<Step> = { name: 'urgent' };
const patient: Topic<Step> = { name: 'patient' };

/** An urgent input whose records wait for a gate, and a patient one of `atOnce` records. */
function createScene({ atOnce = 1, holdMs = 1_000, work = (_n: number): Promise<void> | void => undefined } = {}) {
  const seen: string[] = [];
  const run = createTestRun({
    definitions: [
      reading(patient, () => processing(({ value }) => void seen.push(`patient ${value.n}`)), {
        order: { concurrentRecordsMax: atOnce, keyOrder: 'given-up' },
      }),
      reading(urgent, () => processing(({ value }) => (seen.push(`urgent ${value.n}`), work(value.n))), {
        priority: 1,
      }),
    ],
    settings: { priorityHoldMsMax: holdMs },
  });
  const append = (topic: Topic<Step>, count: number): void => {
    for (let n = 0; n < count; n += 1) run.append({ topic, value: { n } });
  };
  return { run, seen, append };
}

test('while a higher input has records queued or in flight, a lower one begins nothing; then it goes on at once', async () => {
  const gates = [createGate(), createGate()];
  const { run, seen, append } = createScene({ work: (n) => gates[n]?.passed });
  append(urgent, 2);
  await run.startMember();
  await run.settle();
  append(patient, 2);
  await run.settle();
  expect(seen).toEqual(['urgent 0']);
  gates[0]?.open();
  await run.settle();
  expect(seen).toEqual(['urgent 0', 'urgent 1']);
  gates[1]?.open();
  await run.settle();
  expect(seen).toEqual(['urgent 0', 'urgent 1', 'patient 0', 'patient 1']);
  await run.stop();
});

test('a lower input is held no longer than priorityHoldMsMax: then it has one turn, and is held again', async () => {
  const gate = createGate();
  const { run, seen, append } = createScene({ atOnce: 2, work: () => gate.passed });
  await run.startMember();
  append(urgent, 1);
  await run.settle();
  append(patient, 6);
  const patientAfter = async (ms: number): Promise<number> => {
    await run.advance(ms);
    return seen.filter((each) => each.startsWith('patient')).length;
  };
  expect([await patientAfter(999), await patientAfter(1), await patientAfter(999), await patientAfter(1)]).toEqual([
    0, 2, 2, 4,
  ]);
  gate.open();
  await run.settle();
  expect(seen.at(-1)).toBe('patient 5');
  await run.stop();
});

test('a higher input that waits for its dependency holds nobody back', async () => {
  const { run, seen, append } = createScene({
    work: () => {
      throw failing('retry', 'REDIS_DOWN');
    },
  });
  await run.startMember();
  append(urgent, 1);
  await run.settle();
  append(patient, 1);
  await run.settle();
  expect(seen).toEqual(['urgent 0', 'patient 0']);
  await run.stop();
});

test('a higher input that is taken away holds nobody back, and a stop begins nothing more', async () => {
  const gate = createGate();
  const { run, seen, append } = createScene({ work: () => gate.passed });
  const member = await run.startMember();
  append(urgent, 1);
  await run.settle();
  append(patient, 1);
  await run.settle();
  const stopped = member.stop();
  await run.settle();
  gate.open();
  await stopped;
  expect(seen).toEqual(['urgent 0']);
});

test('a higher partition that went to another process holds nobody back here, though its last record still runs', async () => {
  const gate = createGate();
  const seen: string[] = [];
  const definitionsOf = (work: () => Promise<void> | void) => [
    reading(patient, ({ partition }) => processing(({ value }) => void seen.push(`patient ${partition}: ${value.n}`))),
    reading(urgent, () => processing(work), { priority: 1 }),
  ];
  const run = createTestRun({
    definitions: [],
    partitions: { urgent: 2, patient: 2 },
    settings: { drainMs: 100, finalCommitMs: 100, priorityHoldMsMax: 60_000 },
  });
  const member = await run.startMember({ definitions: definitionsOf(() => gate.passed) });
  member.commit = () => new Promise(() => undefined); // nothing but the loss itself says that it is over
  run.append({ topic: urgent, partition: 1, value: { n: 0 } });
  await run.settle();
  const joined = run.startMember({ definitions: definitionsOf(() => undefined) });
  await run.advance(1_000);
  await joined;
  run.append({ topic: patient, partition: 0, value: { n: 0 } });
  await run.settle();
  expect(seen).toEqual(['patient 0: 0']);
  gate.open();
  await run.stop();
});
