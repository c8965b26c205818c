import { expect, test } from '@jest/globals';
import { mutate } from './mutant.ts';

const mutant = { file: 'a.ts', take: 'if (late) return;', put: '' };

test('the text is replaced', () => {
  expect(mutate('before();\nif (late) return;\nafter();', mutant)).toBe('before();\n\nafter();');
});

test('a text that is not there is refused, because the mutant would change nothing and the tests would pass', () => {
  expect(() => mutate('after();', mutant)).toThrow('a.ts has no longer the text: if (late) return;');
});

test('a text that is there twice is refused, because nobody could say which line was meant', () => {
  expect(() => mutate('if (late) return;if (late) return;', mutant)).toThrow('a.ts has 2 times the text');
});
