import { describe, expect, test } from '@jest/globals';
import { SourceMisbehaved } from './index.ts';
import { readAnswer } from './read-answer.ts';

const good = {
  propertyId: 'a',
  estimateVersion: 7,
  valueUsd: 100,
  lowUsd: 90,
  highUsd: 110,
  computedAt: 1_700_000_000_000,
};
const text = (estimates: unknown, missing: unknown = []): string => JSON.stringify({ estimates, missing });

test('reads estimates without the id and without fields that nobody knows', () => {
  const { estimates, missing } = readAnswer(text([{ ...good, mood: 'rosy' }], ['b']), ['a', 'b']);
  const { propertyId: _, ...estimate } = good;
  expect([[...estimates], [...missing]]).toEqual([[['a', estimate]], ['b']]);
});

test('takes the bounds themselves: version 1 and 2^53-1, a value of 0', () => {
  const bounds = [
    { ...good, estimateVersion: 1, valueUsd: 0 },
    { ...good, propertyId: 'b', estimateVersion: 2 ** 53 - 1 },
  ];
  expect([...readAnswer(text(bounds), ['a', 'b']).estimates.values()].map((each) => each.estimateVersion)).toEqual([
    1,
    2 ** 53 - 1,
  ]);
});

describe('refuses the whole answer if', () => {
  const wrong: [string, string][] = [
    ['it is not JSON', '{"estimates":['],
    ['it is null', 'null'],
    ['a list is missing', '{"estimates":[]}'],
    ['an id is in neither list', text([])],
    ['an id was not asked for', text([good, { ...good, propertyId: 'z' }])],
    ['an id was not asked for, as missing', text([good], ['z'])],
    ['an id comes twice', text([good, good])],
    ['an id is in both lists', text([good], ['a'])],
    ['an id is not a text', text([{ ...good, propertyId: 1 }])],
    ['an estimate is null', text([null])],
    ['a version is 0', text([{ ...good, estimateVersion: 0 }])],
    ['a version is beyond 2^53-1', text([good]).replace('"estimateVersion":7', '"estimateVersion":9007199254740993')],
    ['a value is negative', text([{ ...good, valueUsd: -1 }])],
    ['a value is a text', text([{ ...good, lowUsd: '90' }])],
    ['a value is a fraction', text([{ ...good, highUsd: 1.5 }])],
    ['an instant is missing', text([{ ...good, computedAt: undefined }])],
  ];
  test.each(wrong)('%s', (_title, body) => {
    expect(() => readAnswer(body, ['a'])).toThrow(SourceMisbehaved);
  });
});

test('a refusal does not carry the value that was refused', () => {
  expect(() => readAnswer(text([{ ...good, valueUsd: 123456.5 }]), ['a'])).toThrow(
    'upstream gave a wrong answer: valueUsd is not an integer from 0 to 2^53-1',
  );
});
