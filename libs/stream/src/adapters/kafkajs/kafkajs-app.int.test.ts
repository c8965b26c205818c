import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { silentLogger } from '../../log.ts';
import { openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { createGate, reading } from '../../testing/test-bed.ts';

interface Step {
  n: number;
}

let kafka: RealKafka;
beforeAll(async () => {
  kafka = await openRealKafka();
});
afterAll(() => kafka.close());

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

  test('a killed process loses no record: the survivor does again what was not committed, and goes on', async () => {
    const input = await kafka.createTopic<Step>('in-killed', 2);
    const output = await kafka.createTopic<Step & { by: string }>('out-killed');
    await kafka.append(
      input,
      Array.from({ length: 50 }, (_, n) => ({ partition: n % 2, key: `k${n % 2}`, value: { n } })),
    );
    const groupId = await kafka.createGroup('killed');
    const script = fileURLToPath(new URL('../../testing/crash-member.ts', import.meta.url));
    const child = spawn(process.execPath, [script, kafka.brokers.join(','), groupId, input.name, output.name, '5000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await eventually(
      () => kafka.read(output.name),
      (records) => records.length >= 50,
      'outputs of the process to be killed',
    );
    child.kill('SIGKILL');
    await exited;
    await kafka.append(
      input,
      Array.from({ length: 50 }, (_, n) => ({ partition: n % 2, key: `k${n % 2}`, value: { n: n + 50 } })),
    );
    const app = kafka.app(
      [
        reading(input, () => ({
          process: ({ key, value }, collector) => collector.send(output, key ?? '', { ...value, by: 'survivor' }),
        })),
      ],
      { groupId },
    );
    await app.start();
    const numbersOf = (records: Awaited<ReturnType<typeof kafka.read>>) =>
      records.map(({ value }) => (JSON.parse(value?.toString() ?? '') as Step).n);
    const sent = await eventually(
      async () => numbersOf(await kafka.read(output.name)),
      (numbers) => new Set(numbers).size === 100,
      'every record',
    );
    expect([...new Set(sent)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(sent.length).toBeLessThanOrEqual(150);
    await app.stop();
  });

  test('a buffered partition that takes three seconds does not delay its neighbours', async () => {
    const input = await kafka.createTopic<Step>('in-buffered', 2);
    const release = createGate();
    const seen: number[] = [];
    const definition = reading(
      input,
      () => ({
        async process({ partition, value }) {
          if (partition === 0) await release.passed;
          seen.push(value.n);
        },
      }),
      { order: { concurrentRecordsMax: 2, keyOrder: 'given-up' } },
    );
    const app = kafka.app([definition]);
    await app.start();
    await kafka.append(
      input,
      Array.from({ length: 10 }, (_, n) => ({ partition: 0, value: { n: -1 - n } })),
    );
    await eventually(
      () => app.state().partitions.find(({ partition }) => partition === 0)?.inFlight,
      (count) => count === 2,
      'the slow partition to be busy',
    );
    // Several fetches, one after the other, all while the slow partition holds its records.
    for (let n = 0; n < 5; n += 1) {
      await kafka.append(input, [{ partition: 1, value: { n } }]);
      await eventually(
        () => seen.length,
        (count) => count === n + 1,
        `record ${n} of the neighbour`,
        2_000,
      );
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    release.open();
    await app.stop();
    expect((await kafka.committed(input))[1]).toBe(5n);
  });

  test('waits at its start for the topics that it writes and for its dead letters, and says for which', async () => {
    const input = await kafka.createTopic<Step>('in-waits');
    const output = kafka.topicNamed<Step>('out-waits');
    const lines: string[] = [];
    const log = {
      ...silentLogger,
      warn: (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`),
    };
    const definition = reading(input, () => ({
      process: ({ value }, collector) => collector.send(output, 'k', value),
    }));
    const groupId = `${kafka.groupId}-waits`;
    const app = kafka.app([definition], { groupId, outputs: [output], log });
    const started = app.start();
    await eventually(
      () => lines.length,
      (count) => count > 0,
      'the line',
    );
    expect(lines).toEqual([expect.stringMatching(/^waiting for kafka .*out-waits/)]);
    expect([app.isReady(), app.isLive(), app.state().waitingFor]).toEqual([false, true, ['kafka']]);
    await kafka.createTopic<Step>('out-waits');
    expect(app.isReady()).toBe(false);
    await kafka.createGroup('waits');
    await started;
    await kafka.append(input, [{ value: { n: 1 } }]);
    await eventually(
      () => kafka.read(output.name),
      (records) => records.length === 1,
      'the output',
    );
    expect([app.isReady(), app.state().waitingFor]).toEqual([true, []]);
    await app.stop();
  }, 60_000);

  test('a topic that cannot be written stops the partition that writes it, and no other', async () => {
    const input = await kafka.createTopic<Step>('in-unwritable', 2);
    const output = await kafka.createTopic<Step>('out-written');
    const missing = kafka.topicNamed<Step>('out-missing');
    const definition = reading(input, ({ partition }) => ({
      process: ({ value }, collector) => collector.send(partition === 0 ? missing : output, 'k', value),
    }));
    const app = kafka.app([definition], { groupId: await kafka.createGroup('unwritable') });
    await app.start();
    await kafka.append(input, [{ partition: 0, value: { n: 0 } }]);
    await eventually(
      () => app.state().waitingFor,
      (codes) => codes.includes('kafka'),
      'the wait',
    );
    for (let n = 0; n < 3; n += 1) {
      await kafka.append(input, [{ partition: 1, value: { n } }]);
      await eventually(
        () => kafka.read(output.name),
        (records) => records.length === n + 1,
        `output ${n} of the other partition`,
        5_000,
      );
    }
    expect(app.state().waitingFor).toEqual(['kafka']);
    await kafka.createTopic<Step>('out-missing');
    await eventually(
      () => kafka.read(missing.name),
      (records) => records.length === 1,
      'what waited',
    );
    await app.stop();
  }, 60_000);

  test('two kinds of task in one group each get their own topic', async () => {
    const left = await kafka.createTopic<Step>('left');
    const right = await kafka.createTopic<Step>('right');
    const seen: string[] = [];
    const app = kafka.app(
      [
        reading(left, () => ({ process: ({ value }) => void seen.push(`left ${value.n}`) })),
        reading(right, () => ({ process: ({ value }) => void seen.push(`right ${value.n}`) }), {
          order: { concurrentRecordsMax: 4, keyOrder: 'given-up' },
        }),
      ],
      { groupId: await kafka.createGroup('two') },
    );
    await app.start();
    await kafka.append(left, [{ value: { n: 1 } }]);
    await kafka.append(right, [{ value: { n: 2 } }]);
    await eventually(
      () => seen.length,
      (count) => count === 2,
      'both',
    );
    expect(seen.toSorted()).toEqual(['left 1', 'right 2']);
    await app.stop();
    expect(app.state()).toMatchObject({ phase: 'stopped', joinedOnce: true });
  });
});
