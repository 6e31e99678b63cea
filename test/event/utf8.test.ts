import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/event/utf8.js';

describe('utf8', () => {
  it('gives the bytes of Buffer.from, whatever the text and its length', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.nat({ max: 30_000 }).map((length) => 'ç–'.repeat(length)),
    );
    fc.assert(fc.property(text, (given) => utf8(given).equals(Buffer.from(given))));
  });

  it('never writes over what it gave before', () => {
    const texts = Array.from({ length: 3_000 }, (_, index) => `${index} ${'é'.repeat(index % 97)}`);
    const given = texts.map(utf8);
    expect(given.map(String)).toEqual(texts);
  });
});
