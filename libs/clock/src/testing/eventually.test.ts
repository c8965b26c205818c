import { describe, expect, test } from '@jest/globals';
import { eventually, untilTrue } from './eventually.ts';

describe('eventually', () => {
  test('reads until what is read is as it should be, and gives it', async () => {
    let reads = 0;
    const found = await eventually(
      () => (reads += 1),
      (seen) => seen === 3,
      'the third',
    );
    expect([found, reads]).toEqual([3, 3]);
  });

  test('names what did not come and what was seen last, numbers of 64 bits too', async () => {
    const never = eventually(
      () => ({ offset: 7n }),
      () => false,
      'the end',
      0,
    );
    await expect(never).rejects.toThrow('the end: did not come within 0 ms, last seen {"offset":"7"}');
  });

  test('a question that throws is not asked again', async () => {
    let asked = 0;
    const ask = (): boolean => {
      asked += 1;
      throw new Error('no such table');
    };
    await expect(untilTrue('rows', ask)).rejects.toThrow('no such table');
    expect(asked).toBe(1);
  });
});
