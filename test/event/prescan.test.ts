import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, prescan } from '../../src/event/prescan.js';

const LIMITS = { maxDepth: 64, maxSeparators: 100_000 };
const scan = (text: string, limits = LIMITS) => prescan(Buffer.from(text), limits);
const elements = (text: string): string[] => {
  const body = Buffer.from(text);
  const { events } = prescan(body, LIMITS);
  return events
    .filter((_, at) => at % 2 === 0)
    .map((start, at) => body.toString('utf8', start, events[2 * at + 1]));
};

/** The same facts from the parsed value. */
function facts(value: unknown): { depth: number; separators: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, separators: 0 };
  const inner = Object.values(value).map(facts);
  const colons = Array.isArray(value) ? 0 : inner.length;
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    separators:
      colons + Math.max(0, inner.length - 1) + inner.reduce((sum, { separators }) => sum + separators, 0),
  };
}

describe('prescan', () => {
  it('agrees with the parsed value on depth and separators', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.constantFrom(0, 2), (text, indent) => {
        const value: unknown = JSON.parse(text);
        // Parsing drops duplicate keys, so the text is made from the value.
        const { maxDepth, separators, refused } = scan(JSON.stringify(value, null, indent));
        expect({ depth: maxDepth, separators, refused }).toEqual({ ...facts(value), refused: null });
      }),
    );
  });

  it('is not misled by strings and escapes', () => {
    expect(scan('"[[[{{{,,,:::"')).toMatchObject({ maxDepth: 0, separators: 0 });
    expect(scan('["\\"[[[,", "\\\\", 1]')).toMatchObject({ maxDepth: 1, separators: 2 });
    expect(scan('["unfinished [[[')).toMatchObject({ maxDepth: 1, separators: 0 });
    expect(scan('["ends in a backslash\\')).toMatchObject({ maxDepth: 1 });
  });

  it('refuses depth and separators beyond the limits, and not at them', () => {
    expect(scan('['.repeat(64)).refused).toBeNull();
    expect(scan('['.repeat(1000))).toMatchObject({ refused: 'depth', maxDepth: 65 });
    expect(scan(`${'{"a":'.repeat(65)}1`).refused).toBe('depth');
    expect(scan(`[${'0,'.repeat(10)}`, { maxDepth: 64, maxSeparators: 10 }).refused).toBeNull();
    expect(scan(`[${'0,'.repeat(11)}`, { maxDepth: 64, maxSeparators: 10 }).refused).toBe('shape');
  });

  it('finds the places of the events', () => {
    const events = [{ name: 'a', text: 'ç,]"\\' }, [1, [2, 3]], 7, 'x,y', null, {}];
    const envelope = { v: 1, k: 'key', ctx: { events: [1, 2] }, events, after: [3] };
    for (const indent of [0, 1, '\t']) {
      const found = elements(JSON.stringify(envelope, null, indent));
      expect(found.map((text) => JSON.parse(text))).toEqual(events);
      expect(found[2]).toBe('7');
    }
    expect(elements('{"events" \n:\t [ 1 , 2 ] }')).toEqual(['1', '2']);
  });

  it.each([
    ['an empty array', '{"events":[]}', []],
    ['an empty array with space', '{"events":[ \n ]}', []],
    ['not at the top', '{"a":{"events":[1]}}', []],
    ['an array at the top', '["events",[1]]', []],
    ['a key that only ends like it', '{"my\\"events":[1]}', []],
    ['a value of that name', '{"a":"events","b":[1]}', []],
    ['an escaped key, which could be it again', '{"events":[1],"\\u0065vents":[2,3]}', []],
    ['no end', '{"events":[1,2', []],
    ['the last of two wins, as in JSON.parse', '{"events":[1],"events":[2,3]}', ['2', '3']],
  ])('tells the events of %s', (_, text, expected) => {
    expect(elements(text)).toEqual(expected);
  });

  it('never throws, whatever the bytes', () => {
    const shapes = fc.array(fc.constantFrom(...Buffer.from('[]{}",:\\ e1')), { maxLength: 60 });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), shapes), (bytes) => {
        const { events, maxDepth } = prescan(Buffer.from(bytes), LIMITS);
        expect(events.length % 2).toBe(0);
        expect(maxDepth).toBeLessThanOrEqual(bytes.length);
        for (let at = 0; at < events.length; at += 2) expect(events[at]).toBeLessThanOrEqual(events[at + 1]!);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes time in proportion to the bytes, whatever the shape', () => {
    const size = 2 * 1024 * 1024;
    const shapes = ['"\\"', '[', ']', '{"events":[', '\\', ' ', '"', '"events":['];
    for (const shape of shapes) {
      const body = Buffer.alloc(size, shape);
      const before = process.cpuUsage();
      prescan(body, { maxDepth: size, maxSeparators: size });
      expect(process.cpuUsage(before).user, shape).toBeLessThan(400_000);
    }
  });
});

describe('decodeUtf8', () => {
  it('gives text, without a byte order mark', () => {
    expect(decodeUtf8(Buffer.from('{"a":"ção 😀"}'))).toBe('{"a":"ção 😀"}');
    expect(decodeUtf8(Buffer.from('\ufeff{}'))).toBe('{}');
    expect(decodeUtf8(Buffer.alloc(0))).toBe('');
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['a cut sequence', [0x22, 0xc3]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['Latin-1', [0x63, 0xe7, 0xe3, 0x6f]],
  ])('refuses %s', (_, bytes) => {
    expect(decodeUtf8(Buffer.from(bytes))).toBeNull();
  });
});
