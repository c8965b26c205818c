import { expect, test } from '@jest/globals';
import type { AssignedRange } from '../port.ts';
import { numbers, processAll, runMember, steps, type Step } from '../testing/numbered-steps.ts';
import { describePromise, failing, processing, reading } from '../testing/test-bed.ts';

describePromise('11: a definition that keeps positions elsewhere is asked where an assignment begins', (bed) => {
  test.each([
    ['back', 3n],
    ['forward', 8n],
  ])('and what it says goes before the offset of the group: %s', async (_way, told) => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 10));
    await processAll(bed(), input, 10);
    await bed().append(input, steps(10, 11));
    const asked: AssignedRange[] = [];
    const startAt = (_at: object, range: AssignedRange): bigint => (asked.push(range), told);
    expect(await processAll(bed(), input, 11 - Number(told), { startAt })).toEqual(numbers(Number(told), 11));
    expect(asked[0]).toEqual({ committed: 10n, earliest: 0n, end: 11n });
    expect([await bed().committed(input), bed().skipped()]).toEqual([[11n], []]);
  });

  test('and where it knows nothing better, the group’s offset holds', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 4));
    const startAt = async (): Promise<null> => null;
    expect(await processAll(bed(), input, 4, { startAt })).toEqual(numbers(0, 4));
    await bed().append(input, steps(4, 6));
    expect(await processAll(bed(), input, 2, { startAt })).toEqual([4, 5]);
  });

  test('and an offset that the log no longer has is told and counted, and leads to the earliest record', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 9));
    await bed().deleteBefore(input, 0, 5n);
    expect(await processAll(bed(), input, 4, { startAt: () => 2n })).toEqual([5, 6, 7, 8]);
    expect(bed().skipped()).toEqual(['0 out-of-range 3']);
  });

  test('and while it cannot know, nothing is processed: it is asked again, and the group goes on knowing the member', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 5));
    let asked = 0;
    const seenAtAnswer: number[] = [];
    const seen: number[] = [];
    const startAt = (): bigint => {
      asked += 1;
      if (asked < 4) throw failing('retry', 'KEEPER_DOWN');
      seenAtAnswer.push(seen.length);
      return 2n;
    };
    const task = processing<Step>(({ value }) => void seen.push(value.n));
    const app = await bed().startMember([reading(input, () => task, { startAt })]);
    await bed().eventually(
      () => seen.length,
      (length) => length >= 3,
      'the records',
    );
    await app.stop();
    expect([seen, seenAtAnswer, asked, bed().fatal]).toEqual([[2, 3, 4], [0], 4, []]);
  });

  test('and an error that no wait mends stops the process with nothing processed', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 5));
    const startAt = (): bigint => {
      throw new TypeError('a bug');
    };
    const { seen, app } = await runMember(bed(), input, { startAt });
    await bed().eventually(
      () => bed().fatal.length,
      (length) => length > 0,
      'the end',
    );
    await app.stop();
    expect([bed().fatal.map(({ message }) => message), seen]).toEqual([['a bug'], []]);
  });
});
