import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KnownTexts } from './known-texts.ts';

test('any bytes at any place are the text that they spell, however many others were asked for before', () => {
  const known = new KnownTexts();
  const piece = fc.record({
    before: fc.string({ unit: 'binary-ascii' }),
    text: fc.stringMatching(/^[A-Za-z0-9_-]{0,64}$/),
  });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (pieces) => {
      for (const { before, text } of [...pieces, ...pieces]) {
        const bytes = Buffer.from(`${before}${text}|`, 'latin1');
        expect(known.of(bytes, before.length, before.length + text.length)).toBe(text);
      }
    }),
  );
});

test('texts that take each other the place stay themselves, and so does one whose bytes are written over', () => {
  const known = new KnownTexts();
  const texts = Array.from({ length: 5_000 }, (_, n) => `mls-${n}`);
  for (const text of [...texts, ...texts]) {
    const bytes = Buffer.from(text, 'latin1');
    expect(known.of(bytes, 0, bytes.length)).toBe(text);
    bytes.fill('x');
    expect(known.of(bytes, 0, bytes.length)).toBe('x'.repeat(text.length));
  }
});
