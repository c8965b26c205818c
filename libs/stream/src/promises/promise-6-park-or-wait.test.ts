import { expect, test } from '@jest/globals';
import { deadLetterHeaders } from '../run-loop/dead-letter.ts';
import { codeOf } from '../fate.ts';
import type { RawRecord, Topic } from '../port.ts';
import { createGate, describeInMemory, describePromise, failing, processing, reading } from '../testing/test-bed.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}

const headersOf = ({ headers }: RawRecord) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString()]));

describePromise(
  '6: a record that fails for good is parked with its bytes, a dependency that is down is waited for',
  (bed) => {
    test('undecodable bytes go to the dead letters byte for byte, and the partition moves on', async () => {
      const input = await bed().createTopic<Step>('in');
      const seen: number[] = [];
      const poison = Buffer.from([0, 255, 254, 10, 0]);
      await bed().append(input, [
        { value: { n: 0 } },
        { key: 'k', bytes: poison, headers: { traceparent: '00-a-b-01' } },
        { value: { n: 2 } },
      ]);
      await bed().startMember([reading(input, () => processing(({ value }) => void seen.push(value.n)))]);
      const [dead] = await bed().eventually(
        () => bed().deadLetters(),
        (letters) => letters.length === 1,
        'a dead letter',
      );
      await bed().eventually(
        () => bed().committed(input),
        ([offset]) => offset === 3n,
        'the end',
      );
      expect(seen).toEqual([0, 2]);
      expect(dead?.value).toEqual(poison);
      expect(dead?.key?.toString()).toBe('k');
      expect(dead && headersOf(dead)).toMatchObject({
        traceparent: '00-a-b-01',
        [deadLetterHeaders.topic]: input.name,
        [deadLetterHeaders.partition]: '0',
        [deadLetterHeaders.offset]: '1',
        [deadLetterHeaders.code]: 'UNDECODABLE',
        [deadLetterHeaders.attempts]: '1',
      });
    });

    test('an error with fate park parks its record under its own code; its outputs are not sent', async () => {
      const input = await bed().createTopic<Step>('in');
      const output = await bed().createTopic<Step>('out');
      const definition = reading(input, () =>
        processing(({ value }, collector) => {
          collector.send(output, 'k', value);
          if (value.n === 1) throw failing('park', 'OFF_THE_MAP');
        }),
      );
      await bed().append(input, [{ value: { n: 0 } }, { value: { n: 1 } }, { value: { n: 2 } }]);
      await bed().startMember([definition]);
      await bed().eventually(
        () => bed().committed(input),
        ([offset]) => offset === 3n,
        'the end',
      );
      expect((await bed().deadLetters()).map((letter) => headersOf(letter)[deadLetterHeaders.code])).toEqual([
        'OFF_THE_MAP',
      ]);
      expect((await bed().read(output)).map(({ value }) => JSON.parse(value?.toString() ?? '') as Step)).toEqual([
        { n: 0 },
        { n: 2 },
      ]);
    });

    test('a dependency that is down pauses its partition, its neighbours go on, and nothing is parked', async () => {
      const input = await bed().createTopic<Step>('in', 2);
      let isDown = true;
      let tries = 0;
      const seen: number[] = [];
      const definition = reading(input, ({ partition }) =>
        processing(({ value }) => {
          if (partition === 0) tries += 1;
          if (partition === 0 && isDown) throw failing('retry', 'REDIS_DOWN');
          seen.push(value.n);
        }),
      );
      await bed().append(input, [
        { partition: 0, value: { n: 0 } },
        { partition: 1, value: { n: 1 } },
      ]);
      const member = await bed().startMember([definition]);
      await bed().eventually(
        () => tries,
        (count) => count >= 3,
        'three tries',
      );
      expect(seen).toEqual([1]);
      expect(member.state().waitingFor).toEqual(['REDIS_DOWN']);
      expect(
        member
          .state()
          .partitions.filter(({ paused }) => paused)
          .map(({ partition }) => partition),
      ).toEqual([0]);
      isDown = false;
      await bed().eventually(
        () => seen.length,
        (count) => count === 2,
        'the record',
      );
      expect(await bed().deadLetters()).toEqual([]);
      expect(member.state().waitingFor).toEqual([]);
    });
  },
);

describeInMemory(
  '6: a record that fails for good is parked with its bytes, a dependency that is down is waited for',
  () => {
    const input: Topic<Step> = { name: 'in' };

    test('a registry that is down makes decoding wait; it never parks', async () => {
      let isDown = true;
      const serde = {
        ...jsonSerde,
        decode: async <V>(topic: Topic<V>, bytes: Buffer): Promise<V> => {
          if (isDown) throw failing('retry', 'REGISTRY_DOWN');
          return jsonSerde.decode(topic, bytes);
        },
      };
      const seen: number[] = [];
      const run = createTestRun({
        definitions: [reading(input, () => processing(({ value }) => void seen.push(value.n)))],
        serde,
      });
      await run.startMember();
      run.append({ topic: input, value: { n: 4 } });
      await run.advance(60_000);
      expect(run.parked()).toEqual([]);
      expect(new Set(run.retried())).toEqual(new Set(['REGISTRY_DOWN']));
      isDown = false;
      await run.advance(10_000);
      expect(seen).toEqual([4]);
      await run.stop();
    });

    test('what must be done before parking is done first; while it cannot be done the record is retried, not parked', async () => {
      let isDown = true;
      const paid: string[] = [];
      const definition = reading(input, () => processing(() => undefined), {
        beforePark(raw, error) {
          if (isDown) throw failing('retry', 'REDIS_DOWN');
          paid.push(`${raw.key?.toString()} ${codeOf(error, '?')}`);
        },
      });
      const run = createTestRun({ definitions: [definition], serde: jsonSerde });
      await run.startMember();
      run.append({ topic: input, key: 'home-1', bytes: Buffer.from('{') });
      await run.advance(30_000);
      expect(run.parked()).toEqual([]);
      isDown = false;
      await run.advance(10_000);
      expect(paid).toEqual(['home-1 UNDECODABLE']);
      expect(run.parked().map(({ offset, code }) => ({ offset, code }))).toEqual([{ offset: 0n, code: 'UNDECODABLE' }]);
      await run.stop();
    });

    test('a failure before parking that is not for waiting stops the process instead of parking past it', async () => {
      const definition = reading(input, () => processing(() => undefined), {
        beforePark() {
          throw new TypeError('a bug in the hook');
        },
      });
      const run = createTestRun({ definitions: [definition], serde: jsonSerde });
      await run.startMember();
      run.append({ topic: input, bytes: Buffer.from('{') });
      await run.advance(5_000);
      expect(run.fatal.map(({ message }) => message)).toEqual(['a bug in the hook']);
      expect(run.parked()).toEqual([]);
      expect(run.committed(input) ?? 0n).toBe(0n);
      await run.stop();
    });

    test('a dead letter is acknowledged before the offset moves past its record', async () => {
      const run = createTestRun({ definitions: [reading(input, () => processing(() => undefined))], serde: jsonSerde });
      const member = await run.startMember();
      member.faults.produceDown = true;
      run.append({ topic: input, bytes: Buffer.from('{') });
      await run.advance(10_000);
      expect(run.committed(input) ?? 0n).toBe(0n);
      member.faults.produceDown = false;
      await run.advance(10_000);
      expect(run.parked()).toHaveLength(1);
      expect(run.committed(input)).toBe(1n);
      await run.stop();
    });

    test('while one record waits for its dependency, no further one of its partition is begun', async () => {
      let isDown = true;
      const second = createGate();
      const begun: number[] = [];
      const task = processing<Step>(async ({ value }) => {
        begun.push(value.n);
        if (value.n === 0 && isDown) throw failing('retry', 'UPSTREAM_DOWN');
        if (value.n === 1) await second.passed;
      });
      const run = createTestRun({
        definitions: [reading(input, () => task, { order: { concurrentRecordsMax: 2, keyOrder: 'given-up' } })],
      });
      for (const n of [0, 1, 2, 3]) run.append({ topic: input, value: { n } });
      await run.startMember();
      await run.settle();
      second.open(); // a place is free now, but the dependency is down
      await run.advance(20_000);
      expect(new Set(begun)).toEqual(new Set([0, 1]));
      isDown = false;
      await run.advance(20_000);
      expect(begun.slice(-2)).toEqual([2, 3]);
      expect(run.committed(input)).toBe(4n);
      await run.stop();
    });

    test('a tombstone and an output that is too large park their records', async () => {
      const output: Topic<string> = { name: 'out' };
      const definition = reading(input, () =>
        processing(({ key }, collector) => collector.send(output, key ?? 'k', 'x'.repeat(key === null ? 2_000 : 500))),
      );
      const run = createTestRun({
        definitions: [definition],
        serde: jsonSerde,
        settings: { outputRecordBytesMax: 1_000 },
      });
      await run.startMember();
      run.append({ topic: input, bytes: null });
      run.append({ topic: input, value: { n: 1 } });
      run.append({ topic: input, key: 'k'.repeat(600), value: { n: 2 } }); // too large together: the log would refuse it for ever
      await run.advance(5_000);
      expect(run.parked().map(({ code }) => code)).toEqual(['NO_VALUE', 'OUTPUT_TOO_LARGE', 'OUTPUT_TOO_LARGE']);
      expect(run.parked()[0]?.value).toBeNull();
      await run.stop();
    });

    test('one line says for whom a partition waits when it begins, and one when it ends', async () => {
      const lines: string[] = [];
      const note = (message: string, fields: Record<string, unknown> = {}): void => {
        const { waitingFor, waitedFor } = fields;
        lines.push(typeof waitingFor === 'string' ? `${message}: ${waitingFor}` : message);
        if (typeof waitedFor === 'string') lines.push(`it was ${waitedFor}`);
      };
      const logger = { debug: () => undefined, info: note, warn: note, error: note };
      let failures = 5;
      const definition = reading(input, () =>
        processing(() => {
          failures -= 1;
          if (failures >= 0) throw failing('retry', 'REDIS_DOWN');
        }),
      );
      const run = createTestRun({ definitions: [definition], logger });
      await run.startMember();
      run.append({ topic: input, value: { n: 1 } });
      await run.advance(60_000);
      expect(lines).toEqual(['waiting for a dependency: REDIS_DOWN', 'no longer waiting', 'it was REDIS_DOWN']);
      await run.stop();
    });
  },
);
