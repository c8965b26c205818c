import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { createGate, describeInMemory, describePromise, processing, reading } from '../testing/test-bed.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}

describePromise('8: everything that waits is bounded, and at the bound the consumer pauses', (bed) => {
  test('a partition that is stuck queues less than twice its bound, and loses nothing by it', async () => {
    const input = await bed().createTopic<Step>('in');
    const gate = createGate();
    const seen: number[] = [];
    const definition = reading(input, () =>
      processing(async ({ value }) => {
        if (value.n === 0) await gate.passed;
        seen.push(value.n);
      }),
    );
    const rounds = 6;
    const records = bed().kind === 'kafka' ? 400 : 60;
    for (let round = 0; round < rounds; round += 1) {
      await bed().append(
        input,
        Array.from({ length: records }, (_, n) => ({ value: { n: round * records + n } })),
      );
    }
    const member = await bed().startMember([definition], { queueRecordsMax: 100 });
    const [at] = await bed().eventually(
      () => member.state().partitions,
      ([first]) => first?.paused === true,
      'a pause',
    );
    expect(at?.queued).toBeLessThanOrEqual(200);
    expect((at?.queued ?? 0) + (at?.inFlight ?? 0)).toBeGreaterThanOrEqual(100);
    gate.open();
    await bed().eventually(
      () => seen.length,
      (count) => count >= rounds * records,
      'all records',
    );
    expect(seen).toEqual(Array.from({ length: rounds * records }, (_, n) => n));
  });
});

describeInMemory('8: everything that waits is bounded, and at the bound the consumer pauses', () => {
  const input: Topic<string> = { name: 'in' };
  const output: Topic<string> = { name: 'out' };

  test('the bound holds in bytes too', async () => {
    const gate = createGate();
    const run = createTestRun({
      definitions: [reading(input, () => processing(() => gate.passed))],
      serde: jsonSerde,
      settings: { queueBytesMax: 10_000 },
    });
    const member = await run.startMember();
    for (let n = 0; n < 200; n += 1) run.append({ topic: input, value: 'x'.repeat(998) });
    await run.settle();
    const [at] = member.state().partitions;
    expect(at).toMatchObject({ paused: true, queued: 19 }); // twice the bound, 20 of these records, one of which has begun
    gate.open();
    await run.advance(5_000);
    expect(run.committed(input)).toBe(200n);
    await run.stop();
  });

  test('outputs that are not acknowledged hold new records back', async () => {
    const seen: string[] = [];
    const definition = reading(input, () =>
      processing(({ value }, collector) => {
        seen.push(value);
        collector.send(output, 'k', value);
      }),
    );
    const run = createTestRun({ definitions: [definition], settings: { unacknowledgedRecordsMax: 10 } });
    const member = await run.startMember();
    member.faults.produceDown = true;
    for (let n = 0; n < 100; n += 1) run.append({ topic: input, value: String(n) });
    await run.advance(30_000);
    expect(seen).toEqual(Array.from({ length: 10 }, (_, n) => String(n)));
    member.faults.produceDown = false;
    await run.advance(30_000);
    expect((await run.sent()).map(({ value }) => value)).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
    await run.stop();
  });

  test('the outputs of all partitions together are bounded: at the bound none begins a record', async () => {
    let begun = 0;
    const definition = reading(input, () =>
      processing(({ value }, collector) => {
        begun += 1;
        collector.send(output, 'k', value);
      }),
    );
    const run = createTestRun({ definitions: [definition], partitions: { in: 4 }, settings: { outputRecordsMax: 20 } });
    const member = await run.startMember();
    member.faults.produceDown = true;
    for (let n = 0; n < 400; n += 1) run.append({ topic: input, partition: n % 4, value: String(n) });
    await run.advance(30_000);
    expect(begun).toBeGreaterThanOrEqual(20);
    expect(begun).toBeLessThan(20 + 4); // each partition may have begun one before it saw the bound
    member.faults.produceDown = false;
    await run.advance(30_000);
    expect(await run.sent()).toHaveLength(400);
    await run.stop();
  });

  test('the outputs of all partitions together are bounded in bytes too', async () => {
    let begun = 0;
    const definition = reading(input, () =>
      processing(({ value }, collector) => {
        begun += 1;
        collector.send(output, 'k', value);
      }),
    );
    const run = createTestRun({
      definitions: [definition],
      serde: jsonSerde,
      partitions: { in: 4 },
      settings: { outputBytesMax: 10_000 },
    });
    const member = await run.startMember();
    member.faults.produceDown = true;
    for (let n = 0; n < 40; n += 1) run.append({ topic: input, partition: n % 4, value: 'x'.repeat(1_000) });
    await run.advance(30_000);
    expect(begun).toBeGreaterThanOrEqual(9);
    expect(begun).toBeLessThan(9 + 4); // a little more than 1,000 bytes each; each partition may have begun one before it saw the bound
    member.faults.produceDown = false;
    await run.advance(30_000);
    expect(await run.sent()).toHaveLength(40);
    await run.stop();
  });

  test('when there is room again, a partition that had nothing under way goes on too', async () => {
    const seen: string[] = [];
    const definition = reading(input, () =>
      processing(({ value }, collector) => {
        seen.push(value);
        collector.send(output, 'k', value);
      }),
    );
    const run = createTestRun({ definitions: [definition], partitions: { in: 2 }, settings: { outputRecordsMax: 3 } });
    const member = await run.startMember();
    member.faults.produceDown = true;
    for (let n = 0; n < 3; n += 1) run.append({ topic: input, partition: 0, value: `first ${n}` });
    await run.settle();
    run.append({ topic: input, partition: 1, value: 'second' });
    await run.advance(10_000);
    expect(seen).toEqual(['first 0', 'first 1', 'first 2']);
    member.faults.produceDown = false;
    await run.advance(10_000);
    expect(seen).toEqual(['first 0', 'first 1', 'first 2', 'second']);
    await run.stop();
  });

  test('the span above the watermark is bounded while one record takes long', async () => {
    const gate = createGate();
    let begun = 0;
    const definition = reading(
      input,
      () =>
        processing(({ value }) => {
          begun += 1;
          return value === '0' ? gate.passed : undefined;
        }),
      { order: { concurrentRecordsMax: 8, keyOrder: 'given-up' } },
    );
    const run = createTestRun({ definitions: [definition], settings: { spanRecordsMax: 30 } });
    await run.startMember();
    for (let n = 0; n < 200; n += 1) run.append({ topic: input, value: String(n) });
    await run.advance(1_000);
    expect(begun).toBe(30);
    gate.open();
    await run.advance(5_000);
    expect(run.committed(input)).toBe(200n);
    await run.stop();
  });
});
