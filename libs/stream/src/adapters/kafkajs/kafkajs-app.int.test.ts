import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import type { StreamTask, TaskDefinition, Topic } from '../../port.ts';

interface Step {
  n: number;
}

let kafka: RealKafka;
beforeAll(async () => {
  kafka = await openRealKafka();
});
afterAll(() => kafka.close());

const reading = (
  input: Topic<Step>,
  task: () => StreamTask<Step>,
  more: Partial<TaskDefinition<Step>> = {},
): TaskDefinition<Step> => ({
  inputs: [input],
  order: 'partition',
  startFrom: 'earliest',
  createTask: task,
  ...more,
});

describe('a stream app on a real broker', () => {
  test('processes in order, sends outputs, and has committed everything when it has stopped', async () => {
    const input = await kafka.createTopic<Step>('in', 2);
    const output = await kafka.createTopic<Step>('out');
    await kafka.append(
      input,
      Array.from({ length: 100 }, (_, n) => ({ partition: n % 2, key: `k${n % 2}`, value: { n } })),
    );
    const app = kafka.app([
      reading(input, () => ({
        process: ({ value, key }, collector) => collector.send(output, key ?? '', { n: value.n * 10 }),
      })),
    ]);
    await app.start();
    const sent = await eventually(
      () => kafka.read(output.name),
      (records) => records.length >= 100,
      '100 outputs',
    );
    await app.stop();
    const values = sent.map(({ key, value }) => ({
      key: key?.toString(),
      n: (JSON.parse(value?.toString() ?? '') as Step).n,
    }));
    for (const parity of [0, 1]) {
      const expected = Array.from({ length: 50 }, (_, index) => (index * 2 + parity) * 10);
      expect(values.filter(({ key }) => key === `k${parity}`).map(({ n }) => n)).toEqual(expected);
    }
    expect(await kafka.committed(input)).toEqual([50n, 50n]);
    expect(kafka.fatal).toEqual([]);
  });
});
