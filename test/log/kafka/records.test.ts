import { Reader, readRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODECS, crc32c } from '../../../src/log/kafka/codecs.js';
import type { Compression } from '../../../src/log/kafka/options.js';
import {
  encodeBatch,
  encodeTails,
  type Slice,
  type Tails,
  weightOf,
} from '../../../src/log/kafka/records.js';
import type { LogRecord } from '../../../src/log/port.js';

type Part = Slice<{ tails: Tails }>;
const part = (records: readonly LogRecord[], from = 0, to = records.length): Part => ({
  of: { tails: encodeTails(records) },
  from,
  to,
});
const signature = { producerId: 4_294_967_297n, epoch: 3, sequence: 2_147_483_640 };

function encode(parts: readonly Part[], compression: Compression = 'none'): Buffer {
  const weight = parts.reduce((sum, one) => sum + weightOf(one), 0);
  return encodeBatch(parts, weight, signature, CODECS[compression], crc32c);
}

/** By the package's reader, which is not ours. */
function decode(bytes: Buffer) {
  const batch = readRecordsBatch(Reader.from(bytes));
  const records = batch.records.map(({ key, value, headers, timestampDelta, offsetDelta }) => ({
    key: key?.toString() ?? null,
    value: value?.toString('hex'),
    headers: [...headers].map(([name, text]) => [String(name), String(text)]),
    timestamp: Number(batch.firstTimestamp + timestampDelta),
    offsetDelta: Number(offsetDelta),
  }));
  return { ...batch, records };
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const records = fc.array(
  fc.record({
    key: fc.option(text),
    value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    headers: fc.dictionary(text, text, { maxKeys: 3 }),
    timestamp: fc.oneof(fc.nat(5), fc.integer({ min: 1_700_000_000_000, max: 4_200_000_000_000 })),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('a record batch', () => {
  it('is read by others as it was given, in every codec and however it is cut', () => {
    const codecs = fc.constantFrom<Compression[]>('none', 'gzip', 'snappy', 'lz4');
    fc.assert(
      fc.property(
        fc.array(records, { minLength: 1, maxLength: 4 }),
        codecs,
        fc.nat(),
        (calls, codec, cut) => {
          const parts = calls.map((call) => part(call, cut % call.length));
          const batch = decode(encode(parts, codec));
          const expected = calls.flatMap((call) => call.slice(cut % call.length));
          expect(batch.records).toEqual(
            expected.map(({ key, value, headers, timestamp }, offsetDelta) => ({
              ...{ key, timestamp, offsetDelta },
              value: value.toString('hex'),
              headers: Object.entries(headers),
            })),
          );
          expect(Number(batch.maxTimestamp)).toBe(Math.max(...expected.map(({ timestamp }) => timestamp)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('carries its numbers, its length and the checksum of what follows', () => {
    const bytes = encode([part([{ key: null, value: Buffer.from('x'), timestamp: 7 }])], 'gzip');
    const { producerId, producerEpoch, firstSequence, magic, attributes, length, crc } = decode(bytes);
    expect({ producerId, producerEpoch, firstSequence, magic, attributes, length }).toEqual({
      ...{ producerId: 4_294_967_297n, producerEpoch: 3, firstSequence: 2_147_483_640 },
      ...{ magic: 2, attributes: 1, length: bytes.length - 12 },
    });
    expect(crc).toBe(crc32c(bytes.subarray(21)));
  });

  it('never takes more than its weight', () => {
    fc.assert(
      fc.property(records, (call) => {
        expect(encode([part(call)]).length).toBeLessThanOrEqual(61 + weightOf(part(call)));
        expect(weightOf(part(call))).toBe(part(call).of.tails.weight);
      }),
    );
  });

  it('has taken the bytes when encodeTails returns', () => {
    const value = Buffer.from('before');
    const taken = part([{ key: null, value, timestamp: 1 }]);
    value.fill('x');
    expect(decode(encode([taken])).records[0]!.value).toBe(Buffer.from('before').toString('hex'));
  });
});

describe('the checksum', () => {
  // RFC 3720, B.4.
  it.each([
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ])('is CRC-32C: %#', (bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });
});
