import { expect, test } from '@jest/globals';
import type { StoreDefinition, Topic } from '../port.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import { createGate, describeInMemory, describePromise, failing, processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}

describePromise('9: an unplanned error stops the process with the offset uncommitted', (bed) => {
  test.each([
    ['a TypeError', () => new TypeError('x is not a function')],
    ['a plain Error', () => new Error('nobody planned this')],
    ['an error that asks for it', () => failing('crash', 'BAD_STATE')],
  ])('%s: the process is told once, and is no longer live', async (_name, errorOf) => {
    const input = await bed().createTopic<Step>('in');
    const seen: number[] = [];
    const error = errorOf();
    const definition = reading(input, () =>
      processing(({ value }) => {
        seen.push(value.n);
        if (value.n === 1) throw error;
      }),
    );
    await bed().append(input, [{ value: { n: 0 } }, { value: { n: 1 } }, { value: { n: 2 } }]);
    const member = await bed().startMember([definition]);
    await bed().eventually(
      () => bed().fatal.length,
      (count) => count === 1,
      'the end',
    );
    await member.stop();
    expect(bed().fatal).toEqual([error]);
    expect(member.isLive()).toBe(false);
    expect(member.isReady()).toBe(false);
    expect(seen).toEqual([0, 1]);
    expect((await bed().committed(input))[0]).toBeLessThanOrEqual(1n);
    expect(await bed().deadLetters()).toEqual([]);
  });

  test('an error in init stops the process too', async () => {
    const input = await bed().createTopic<Step>('in');
    const definition = reading(input, () => ({
      init() {
        throw new TypeError('no such port');
      },
      process: () => undefined,
    }));
    await bed().startMember([definition]);
    await bed().eventually(
      () => bed().fatal.map(({ message }) => message),
      (messages) => messages.length > 0,
      'the end',
    );
    expect(bed().fatal.map(({ message }) => message)).toEqual(['no such port']);
  });

  test('an error in the making of a task stops the process', async () => {
    const input = await bed().createTopic<Step>('in');
    const definition = reading<Step>(input, () => {
      throw new TypeError('no such store');
    });
    await bed().startMember([definition]);
    await bed().eventually(
      () => bed().fatal.map(({ message }) => message),
      (messages) => messages.length > 0,
      'the end',
    );
    expect(bed().fatal.map(({ message }) => message)).toEqual(['no such store']);
  });

  test('a collector that is used after its record has ended is an error of its caller, not a lost output', async () => {
    const input = await bed().createTopic<Step>('in');
    const output = await bed().createTopic<Step>('out');
    const thrown: unknown[] = [];
    const definition = reading(input, () =>
      processing((_record, collector) => {
        setImmediate(() => {
          try {
            collector.send(output, 'k', { n: 1 });
          } catch (error) {
            thrown.push(error);
          }
        });
      }),
    );
    await bed().append(input, [{ value: { n: 0 } }]);
    await bed().startMember([definition]);
    await bed().eventually(
      () => thrown.length,
      (count) => count === 1,
      'the refusal',
    );
    expect(thrown[0]).toMatchObject({ code: 'COLLECTOR_CLOSED' });
  });
});

describeInMemory('9: an unplanned error stops the process with the offset uncommitted', () => {
  const input: Topic<Step> = { name: 'in' };

  test('nothing more is begun on any partition, and a second error is not told', async () => {
    const gates = [createGate(), createGate(), createGate()];
    const seen: string[] = [];
    const definition = reading(input, ({ partition }) =>
      processing(async ({ value }) => {
        seen.push(`${partition}: ${value.n}`);
        await gates[partition]?.passed;
        if (value.n === 1) throw new TypeError(`a bug in ${partition}`);
      }),
    );
    const run = createTestRun({ definitions: [definition], partitions: { in: 3 } });
    await run.startMember();
    for (const [partition, n] of [
      [0, 1],
      [1, 1],
      [2, 0],
      [2, 2],
    ] as const)
      run.append({ topic: input, partition, value: { n } });
    await run.settle();
    gates[0]?.open();
    await run.settle();
    for (const gate of gates) gate.open();
    await run.advance(10_000);
    expect(seen).toEqual(['0: 1', '1: 1', '2: 0']);
    expect(run.fatal.map(({ message }) => message)).toEqual(['a bug in 0']);
    await run.stop();
  });

  test('what records behind the failed one have written to the state is not kept by the stop', async () => {
    const output: Topic<Step> = { name: 'out' };
    const counts: StoreDefinition<number> = { name: 'counts', values: { name: 'count' } };
    const definition = reading(
      input,
      (_partition, context) => {
        const kept = context.store(counts);
        return processing(({ value: { n } }, collector) => {
          const times = (kept.get(String(n)) ?? 0) + 1;
          kept.put(String(n), times);
          collector.send(output, String(n), { n: times });
        });
      },
      { stores: [counts] },
    );
    const run = createTestRun({ definitions: [definition] });
    const disk = new MemoryDisk();
    const member = await run.startMember({ disk });
    const produce = run.log.produce.bind(run.log);
    run.log.produce = (record, now) => {
      if (record.topic === output.name && record.key?.toString() === '1') throw failing('crash', 'KAFKA_REFUSED');
      return produce(record, now);
    };
    for (const n of [0, 1, 2]) run.append({ topic: input, value: { n } });
    await run.settle();
    expect(run.fatal).toMatchObject([{ code: 'KAFKA_REFUSED' }]);
    await member.stop();
    run.log.produce = produce;
    await run.startMember({ disk });
    await run.advance(5_000);
    const last = Object.fromEntries((await run.sent(output)).map(({ key, value }) => [key, (value as Step).n]));
    expect(last).toMatchObject({ '1': 1, '2': 1 });
    expect(run.committed(input)).toBe(3n);
    await run.stop();
  });
});
