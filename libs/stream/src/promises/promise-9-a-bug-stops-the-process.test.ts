import { expect, test } from '@jest/globals';
import { describePromise, failing, processing, reading } from '../testing/test-bed.ts';

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

  test('an error in init or in the making of a task stops the process too', async () => {
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
