import { expect, test } from '@jest/globals';
import { onceForEach } from './once-for-each.ts';

test('each object is looked at once, also where nothing is found; equal ones are not the same', () => {
  const asked: object[] = [];
  const look = onceForEach((key: { readonly value: number | undefined }) => {
    asked.push(key);
    return key.value;
  });
  const [first, equal, nothing] = [{ value: 1 }, { value: 1 }, { value: undefined }];
  expect([first, equal, nothing, nothing, first].map(look)).toEqual([1, 1, undefined, undefined, 1]);
  expect(asked).toHaveLength(3);
  expect(asked[1]).toBe(equal);
});
