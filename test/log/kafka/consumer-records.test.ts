import { compressionsAlgorithms, createRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatch, splitBatches } from '../../../src/log/kafka/consumer-records.js';

interface Made {
  readonly key: string | null;
  readonly value: string;
  readonly timestamp: number;
  readonly headers: Record<string, string>;
}

/** A batch as another implementation encodes it, put at an offset as a broker does. */
function encoded(records: readonly Made[], base: number, compression?: 'gzip' | 'snappy' | 'lz4'): Buffer {
  const messages = records.map(({ key, value, timestamp, headers }) => ({
    ...{ topic: 't', partition: 0, timestamp: BigInt(timestamp) },
    key: (key === null ? null : Buffer.from(key)) as Buffer,
    value: Buffer.from(value),
    headers: new Map(Object.entries(headers).map(([k, v]) => [Buffer.from(k), Buffer.from(v)])),
  }));
  const bytes = Buffer.from(createRecordsBatch(messages, compression ? { compression } : {}).buffer);
  bytes.writeBigInt64BE(BigInt(base));
  return bytes;
}

const made: fc.Arbitrary<Made> = fc.record({
  key: fc.option(fc.string({ unit: 'grapheme' })),
  value: fc.string({ maxLength: 300 }),
  // The package writes differences of more than 31 bits wrongly; those of another client are in test/integration.
  timestamp: fc.integer({ min: 1_700_000_000_000, max: 1_702_000_000_000 }),
  headers: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.stringMatching(/^[ -~]{0,10}$/), {
    maxKeys: 3,
  }),
});
const batch = fc.array(made, { minLength: 1, maxLength: 40 });
const codec = fc.constantFrom(undefined, 'gzip' as const, 'snappy' as const, 'lz4' as const);

describe('record batches', () => {
  it('are read as they were written, whatever the codec', () => {
    fc.assert(
      fc.property(batch, fc.nat(2 ** 50), codec, (records, base, compression) => {
        const [raw] = splitBatches(encoded(records, base, compression));
        expect(raw!.behind).toBe(base + records.length);
        const got = decodeBatch(raw!, base).map(({ key, value, timestamp, headers = {}, position }) => {
          return { key, value: value.toString(), timestamp, headers: { ...headers }, position };
        });
        expect(got).toEqual(records.map((record, i) => ({ ...record, position: base + i })));
      }),
      { numRuns: 300 },
    );
  });

  it('give only what lies at or behind the position asked for', () => {
    const records = Array.from({ length: 5 }, (_, i) => ({
      key: null,
      value: `${i}`,
      timestamp: i,
      headers: {},
    }));
    const [raw] = splitBatches(encoded(records, 10));
    expect(decodeBatch(raw!, 13).map(({ value }) => value.toString())).toEqual(['3', '4']);
    expect(decodeBatch(raw!, 15)).toEqual([]);
  });

  it('are split where one ends, and what was cut off at the end is left', () => {
    const one = encoded([{ key: 'k', value: 'v', timestamp: 1, headers: {} }], 0);
    const two = encoded([{ key: 'k', value: 'w', timestamp: 1, headers: {} }], 1);
    fc.assert(
      fc.property(fc.nat(two.length), (kept) => {
        const found = splitBatches(Buffer.concat([one, two.subarray(0, kept)]));
        expect(found.length).toBe(kept === two.length ? 2 : 1);
      }),
    );
  });

  it('are refused when a byte has changed', () => {
    const bytes = encoded([{ key: 'k', value: 'value', timestamp: 1, headers: { a: 'b' } }], 0);
    for (let at = 21; at < bytes.length; at++) {
      const hurt = Buffer.from(bytes);
      hurt[at]! ^= 1;
      expect(() => decodeBatch(splitBatches(hurt)[0]!, 0), `byte ${at}`).toThrow(
        expect.objectContaining({ code: 'STG_LOG_CORRUPT' }),
      );
    }
  });

  it('say which codec this Node cannot read', () => {
    if (compressionsAlgorithms.zstd.available) return;
    const bytes = encoded([{ key: 'k', value: 'v', timestamp: 1, headers: {} }], 0);
    const raw = splitBatches(withAttributes(bytes, 4))[0]!;
    expect(() => decodeBatch(raw, 0)).toThrow(expect.objectContaining({ got: 'zstd' }));
  });

  it('hold no records where they mark the end of a transaction', () => {
    const bytes = encoded([{ key: 'k', value: 'v', timestamp: 1, headers: {} }], 7);
    const raw = splitBatches(withAttributes(bytes, 1 << 5))[0]!;
    expect([decodeBatch(raw, 7), raw.behind]).toEqual([[], 8]);
  });
});

function withAttributes(bytes: Buffer, attributes: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeInt16BE(attributes, 21);
  changed.writeUInt32BE(crc(changed.subarray(21)), 17);
  return changed;
}

/** CRC-32C, bit by bit. */
function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}
