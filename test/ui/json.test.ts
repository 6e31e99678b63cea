import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, Folded, lines, scrubbedParts } from '../../src/ui/live/json.js';
import { offsets, range, reveal, rowAt } from '../../src/ui/live/offsets.js';
import { child, fieldOf, keysOf, lookUp, withinEvent } from '../../src/ui/live/pointer.js';

const textOf = (value: unknown) =>
  lines(value)
    .map(({ depth, tokens }) => '  '.repeat(depth) + tokens.map(({ text }) => text).join(''))
    .join('\n');

const labels = {
  keys: (count: number) => `${count} keys`,
  entries: (count: number) => `${count} items`,
  more: (count: number) => `${count} more`,
};

describe('lines', () => {
  it('are what JSON.stringify prints', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(textOf(value)).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  it('carry the pointer of each place', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const { pointer } of lines(value)) expect(lookUp(value, pointer).found).toBe(true);
      }),
    );
  });

  it('know what was scrubbed', () => {
    const [line] = lines('a [email] and [phone], not [other]');
    expect(line!.scrubbed).toEqual(['email', 'phone']);
    expect(scrubbedParts('[cpf]')).toEqual([{ text: '[cpf]', scrubbed: 'cpf' }]);
    expect(scrubbedParts('')).toEqual([]);
  });
});

describe('an excerpt', () => {
  it('unfolds the way to the place only', () => {
    const part = excerpt({ id: 'x', ts: 'wrong', data: { a: 1, b: 2 }, list: [1, 2, 3] }, '/ts', labels);
    expect(part.pointer).toBe('/ts');
    expect(part.value).toEqual({
      id: 'x',
      ts: 'wrong',
      data: new Folded('{ 2 keys }'),
      list: new Folded('[ 3 items ]'),
    });
  });

  it('follows the place when entries of an array are left out before it', () => {
    const part = excerpt({ items: Array.from({ length: 50 }, (_, n) => ({ n })) }, '/items/40/n', labels);
    expect(part.pointer).toBe('/items/3/n');
    expect(lookUp(part.value, part.pointer)).toEqual({ found: true, value: 40 });
  });

  it('stays short, and finds the place wherever it is', () => {
    const wide = fc.dictionary(fc.string(), fc.array(fc.jsonValue(), { maxLength: 30 }), { maxKeys: 30 });
    fc.assert(
      fc.property(wide, fc.nat(), (value, pick) => {
        const places = lines(value).filter(({ closes }) => !closes);
        const { pointer } = places[pick % places.length]!;
        const part = excerpt(value, pointer, labels);
        expect(keysOf(part.pointer).length).toBe(keysOf(pointer).length);
        expect(lookUp(part.value, part.pointer).found).toBe(true);
      }),
    );
  });

  it('does not mind a place that is not there', () => {
    expect(excerpt({ a: 1 }, '/b/c', labels)).toEqual({ value: { a: 1 }, pointer: '' });
    expect(excerpt('text', '/b', labels)).toEqual({ value: 'text', pointer: '' });
  });
});

describe('pointers', () => {
  it('survive any key', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        expect(keysOf(child('', key))).toEqual([key]);
      }),
    );
  });

  it.each([
    ['/events/2/ts', '/ts'],
    ['/events/2', ''],
    ['/ts', '/ts'],
    ['/data_layer/events/2/ts', '/data_layer/events/2/ts'],
  ])('%s within the event is %s', (pointer, expected) => {
    expect(withinEvent(pointer)).toBe(expected);
  });

  it('name the field', () => {
    expect(fieldOf('/events/0/ts')).toBe('ts');
    expect(fieldOf('')).toBeNull();
    expect(fieldOf(null)).toBeNull();
  });

  it('see own keys only', () => {
    expect(lookUp({}, '/constructor').found).toBe(false);
  });
});

describe('offsets of the list', () => {
  const heights = fc.array(fc.constantFrom(32, 50), { minLength: 1, maxLength: 300 });

  it('find the row at a height', () => {
    fc.assert(
      fc.property(heights, fc.nat(20_000), (list, y) => {
        const rows = offsets(list);
        const slow = list.findIndex((_, index) => rows.tops[index + 1]! > y);
        expect(rowAt(rows, y)).toBe(slow < 0 ? list.length - 1 : slow);
      }),
    );
  });

  it('render everything in view, and little more', () => {
    fc.assert(
      fc.property(heights, fc.nat(5000), (list, top) => {
        const rows = offsets(list);
        const [from, to] = range(rows, top, 600);
        list.forEach((height, index) => {
          const y = rows.tops[index]!;
          if (y + height > top && y < top + 600) expect(index >= from && index < to).toBe(true);
        });
        expect(to - from).toBeLessThanOrEqual(600 / 32 + 20);
      }),
    );
  });

  it('reveal a row with the least scrolling', () => {
    const rows = offsets([32, 50, 32, 50]);
    expect(reveal(rows, 0, 40, 80)).toBe(0);
    expect(reveal(rows, 3, 0, 80)).toBe(84);
    expect(reveal(rows, 1, 20, 80)).toBe(20);
    expect(range(offsets([]), 0, 600)).toEqual([0, 0]);
  });
});
