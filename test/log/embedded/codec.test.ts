import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundOf, decode, encode, intact, SHORT, sizeAt } from '../../../src/log/embedded/codec.js';
import type { LogRecord } from '../../../src/log/port.js';

const records: fc.Arbitrary<LogRecord> = fc.record({
  key: fc.option(fc.string({ unit: 'binary' })),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  timestamp: fc.double({ noNaN: true }),
  headers: fc.option(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), { nil: undefined }),
});
const encoded = (record: LogRecord, offset: number): Buffer => {
  const bytes = Buffer.alloc(boundOf(record));
  return bytes.subarray(0, encode(bytes, 0, offset, record));
};

describe('the record codec', () => {
  it('gives back every record', () => {
    fc.assert(
      fc.property(records, fc.maxSafeNat(), (record, offset) => {
        const bytes = encoded(record, offset);
        expect([sizeAt(bytes, 0, bytes.length), intact(bytes, 0, bytes.length)]).toEqual([
          bytes.length,
          true,
        ]);
        const { position, headers, ...rest } = decode(bytes, 0, bytes.length);
        expect([position, { ...headers }]).toEqual([offset, { ...record.headers }]);
        expect(rest).toEqual({ key: record.key, value: record.value, timestamp: record.timestamp });
      }),
    );
  });

  it('notices every flipped bit', () => {
    fc.assert(
      fc.property(records, fc.nat(), (record, n) => {
        const bytes = encoded(record, 7);
        const bit = n % (bytes.length * 8);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const size = sizeAt(bytes, 0, bytes.length);
        expect(size > SHORT && intact(bytes, 0, size)).toBe(false);
      }),
    );
  });

  it('calls a record short wherever it is cut', () => {
    const bytes = encoded({ key: 'k', value: Buffer.from('value'), timestamp: 1 }, 3);
    for (let end = 0; end < bytes.length; end++) expect(sizeAt(bytes, 0, end)).toBe(SHORT);
  });
});
