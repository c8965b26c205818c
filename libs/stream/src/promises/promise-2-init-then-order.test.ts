import { expect, test } from '@jest/globals';
import { createGate, describePromise, reading } from '../testing/test-bed.ts';

describePromise('2: init first, then records in order, or so many at once with the contiguous watermark', (bed) => {
  test('the first process begins after init has ended', async () => {
    const input = await bed().createTopic<{ n: number }>('in');
    const ready = createGate();
    const seen: string[] = [];
    const definition = reading(input, () => ({
      async init() {
        seen.push('init begins');
        await ready.passed;
        seen.push('init ends');
      },
      process: ({ value }) => void seen.push(`record ${value.n}`),
    }));
    await bed().append(input, [{ value: { n: 0 } }]);
    await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (count) => count > 0,
      'init',
    );
    expect(seen).toEqual(['init begins']);
    ready.open();
    await bed().eventually(
      () => seen.length,
      (count) => count === 3,
      'the record',
    );
    expect(seen).toEqual(['init begins', 'init ends', 'record 0']);
  });

  test('records of one partition are processed one after the other, in the order of the log', async () => {
    const input = await bed().createTopic<{ n: number }>('in');
    const seen: string[] = [];
    const definition = reading(input, () => ({
      async process({ value }) {
        seen.push(`begin ${value.n}`);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`end ${value.n}`);
      },
    }));
    await bed().append(
      input,
      Array.from({ length: 120 }, (_, n) => ({ value: { n } })),
    );
    await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (count) => count === 240,
      'all records',
    );
    expect(seen).toEqual(Array.from({ length: 120 }, (_, n) => [`begin ${n}`, `end ${n}`]).flat());
  });

  test('partitions go on side by side: one that waits holds no other up', async () => {
    const input = await bed().createTopic<{ n: number }>('in', 2);
    const slow = createGate();
    const seen: number[] = [];
    const definition = reading(input, ({ partition }) => ({
      async process({ value }) {
        if (partition === 0) await slow.passed;
        seen.push(value.n);
      },
    }));
    await bed().append(input, [
      { partition: 0, value: { n: 0 } },
      { partition: 1, value: { n: 1 } },
      { partition: 1, value: { n: 2 } },
    ]);
    await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (count) => count === 2,
      'the other partition',
    );
    expect(seen).toEqual([1, 2]);
    slow.open();
    await bed().eventually(
      () => seen.length,
      (count) => count === 3,
      'the slow one',
    );
  });

  test('with order given up, no more than n records run at once, and only what is contiguous is committed', async () => {
    const input = await bed().createTopic<{ n: number }>('in');
    const first = createGate();
    let running = 0;
    let mostAtOnce = 0;
    const done: number[] = [];
    const definition = reading(
      input,
      () => ({
        async process({ value }) {
          running += 1;
          mostAtOnce = Math.max(mostAtOnce, running);
          if (value.n === 2) await first.passed;
          else await new Promise((resolve) => setImmediate(resolve));
          done.push(value.n);
          running -= 1;
        },
      }),
      { order: { concurrentRecordsMax: 4, keyOrder: 'given-up' } },
    );
    await bed().append(
      input,
      Array.from({ length: 20 }, (_, n) => ({ value: { n } })),
    );
    await bed().startMember([definition]);
    await bed().eventually(
      () => done.length,
      (count) => count === 19,
      'all but the third record',
    );
    expect(mostAtOnce).toBe(4);
    await bed().eventually(
      () => bed().committed(input),
      ([offset]) => offset === 2n,
      'the offset before the third record',
    );
    first.open();
    await bed().eventually(
      () => bed().committed(input),
      ([offset]) => offset === 20n,
      'the end',
    );
  });

  test('with the order of keys kept, records of one key follow each other and other keys run beside them', async () => {
    const input = await bed().createTopic<{ n: number }>('in');
    const first = createGate();
    const seen: string[] = [];
    const definition = reading(
      input,
      () => ({
        async process({ key, value }) {
          seen.push(`${key} ${value.n} begins`);
          if (value.n === 0) await first.passed;
          seen.push(`${key} ${value.n} ends`);
        },
      }),
      { order: { concurrentRecordsMax: 4, keyOrder: 'kept' } },
    );
    const keys = ['ann', 'ann', 'bob', 'ann', 'bob'];
    await bed().append(
      input,
      keys.map((key, n) => ({ key, value: { n } })),
    );
    await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (count) => count === 5,
      "both of bob's",
    );
    expect(seen).toEqual(['ann 0 begins', 'bob 2 begins', 'bob 2 ends', 'bob 4 begins', 'bob 4 ends']);
    first.open();
    await bed().eventually(
      () => bed().committed(input),
      ([offset]) => offset === 5n,
      'the end',
    );
    expect(seen.slice(5)).toEqual(['ann 0 ends', 'ann 1 begins', 'ann 1 ends', 'ann 3 begins', 'ann 3 ends']);
  });
});
