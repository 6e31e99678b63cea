import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecimal, readInteger } from '../../src/event/numbers.js';
import type { Notes } from '../../src/event/text.js';

const decimal = (value: unknown): { read: string | null; notes: Notes } => {
  const notes: Notes = [];
  return { read: readDecimal(value, '/p', notes), notes };
};

describe('readDecimal', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [12, '12'],
    [-3.5, '-3.5'],
    [0.1 + 0.2, '0.3'],
    [1e-7, '0.0000001'],
    [1e-10, '0'],
    [-1e-10, '0'],
    [1e21, '1000000000000000000000'],
    [33.333333333333336, '33.333333333'],
    ['15.25', '15.25'],
    ['64.90', '64.9'],
    ['007', '7'],
    ['-0.00', '0'],
    ['0.9999999995', '1'],
  ])('takes %s as it is: %s', (value, text) => {
    expect(decimal(value)).toEqual({ read: text, notes: [] });
  });

  it.each([
    ['19,90', '19.9'],
    ['1.234,56', '1234.56'],
    ['1,234.56', '1234.56'],
    ['R$ 10', '10'],
    ['R$\u00a01.234.567,89', '1234567.89'],
    ['US$ 1,234', '1234'],
    ['€ 10,50', '10.5'],
    ['10,50 €', '10.5'],
    ['BRL 10.00', '10'],
    ['10 BRL', '10'],
    ["1'234.50", '1234.5'],
    ['1 234,56', '1234.56'],
    ['-5,5', '-5.5'],
    ['-R$ 5', '-5'],
    ['R$ -5', '-5'],
    ['1.234', '1.234'],
    ['1.234.567', '1234567'],
    ['1,234', '1234'],
    ['1234,567', '1234.567'],
    [' 7 ', '7'],
    ['10%', '10'],
  ])('reads %s as %s and says so', (value, text) => {
    expect(decimal(value)).toEqual({ read: text, notes: [`/p: number in text, read as ${text}`] });
  });

  it.each([
    'abc',
    '1,23,456',
    '12.34.5',
    '1.2.3',
    '--5',
    '1-2',
    'R$',
    '1e5',
    '0x10',
    'NaN',
    '10 20 30',
    '1'.repeat(40),
  ])('finds no number in %s', (value) => {
    const { read, notes } = decimal(value);
    expect(read).toBeNull();
    expect(notes).toHaveLength(1);
  });

  it.each([[true], [{}], [[1]], [1e30]])('leaves %s out with a note', (value) => {
    expect(decimal(value).read).toBeNull();
    expect(decimal(value).notes).toHaveLength(1);
  });

  it.each([[null], [undefined], ['']])('takes %s for absent', (value) => {
    expect(decimal(value)).toEqual({ read: null, notes: [] });
  });

  it('gives for any number what NUMERIC takes, within half of its last digit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), (value) => {
        const { read } = decimal(value);
        expect(read).toMatch(/^-?(0|[1-9]\d{0,28})(\.\d{0,8}[1-9])?$/);
        expect(Math.abs(Number(read) - value)).toBeLessThanOrEqual(5.01e-10 + Math.abs(value) * 2 ** -52);
      }),
    );
  });

  it('reads a price the same, however a country writes it', () => {
    const price = fc.tuple(fc.nat(99_999_999), fc.nat(99));
    const locales = fc.constantFrom('pt-BR', 'en-US', 'de-DE', 'fr-FR', 'de-CH');
    fc.assert(
      fc.property(price, locales, ([whole, cents], locale) => {
        const value = Number(`${whole}.${String(cents).padStart(2, '0')}`);
        const text = value.toLocaleString(locale, { minimumFractionDigits: 2 }).replaceAll('’', "'");
        expect(decimal(text).read).toBe(String(value));
      }),
    );
  });

  it('is linear in hostile texts', () => {
    const began = process.cpuUsage();
    for (const text of ['1,'.repeat(50_000), ' '.repeat(100_000), `$${'1'.repeat(100_000)}`]) decimal(text);
    expect(process.cpuUsage(began).user).toBeLessThan(50_000);
  });
});

describe('readInteger', () => {
  it.each([
    [5, 5],
    ['5', 5],
    ['2.0', 2],
    [-0, 0],
  ])('reads %s', (value, number) => {
    const notes: Notes = [];
    expect(readInteger(value, '/q', notes)).toBe(number);
    expect(notes).toEqual([]);
  });

  it.each([[0.5], ['x'], [2 ** 60], [true], [{}], ['1e3']])('leaves %s out', (value) => {
    const notes: Notes = [];
    expect(readInteger(value, '/q', notes)).toBeNull();
    expect(notes).toEqual(['/q: not an integer, left out']);
  });
});
