import { StargateError } from '../../errors.js';
import type { ConsumedRecord, Position } from '../port.js';
import { crc32c } from './codecs.js';
import { compressionsAlgorithmsByBitmask } from './package.js';

/**
 * Record batches, format 2, as brokers keep and send them (kafka.apache.org/documentation, "Record Batch"). All
 * numbers big-endian: base offset (8 bytes), length (4), leader epoch (4), magic (1), CRC-32C of what follows it (4),
 * attributes (2), last offset delta (4), first and greatest timestamp (8 each), producer (14), count (4), records.
 */
const AT = {
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastDelta: 23,
  first: 27,
  greatest: 35,
  count: 57,
};
const HEAD = 61;
const FRAME = 12;
const CODEC = 0b111;
const APPEND_TIME = 1 << 3;
const CONTROL = 1 << 5;

export interface RawBatch {
  readonly bytes: Buffer;
  /** Offset behind its last record, also where that one was compacted away. */
  readonly behind: number;
}

/** Splits the bytes of an answer into batches. Brokers cut the last one off where an answer becomes too long. */
export function splitBatches(bytes: Buffer): RawBatch[] {
  const batches: RawBatch[] = [];
  for (let at = 0; at + HEAD <= bytes.length; ) {
    const end = at + FRAME + bytes.readInt32BE(at + AT.length);
    if (end > bytes.length) break;
    const batch = bytes.subarray(at, end);
    if (batch[AT.magic] !== 2)
      throw corrupt('a record batch of format 2', `format ${batch[AT.magic]}, which Kafka wrote before 0.11`);
    batches.push({ bytes: batch, behind: int64(batch, 0) + batch.readInt32BE(AT.lastDelta) + 1 });
    at = end;
  }
  return batches;
}

/** Records of a batch from offset `from` on. Errors: STG_LOG_CORRUPT, for bytes that are not what was written. */
export function decodeBatch({ bytes }: RawBatch, from: number): ConsumedRecord[] {
  if (crc32c(bytes.subarray(AT.attributes)) !== bytes.readUInt32BE(AT.crc))
    throw corrupt('a batch that its checksum fits', `another checksum at offset ${int64(bytes, 0)}`);
  const attributes = bytes.readInt16BE(AT.attributes);
  // Marks of a transaction's end are no records of anybody.
  if (attributes & CONTROL) return [];
  const count = bytes.readInt32BE(AT.count);
  const body = decompress(bytes.subarray(HEAD), attributes & CODEC);
  const appended = attributes & APPEND_TIME ? int64(bytes, AT.greatest) : null;
  return new Decoder(body).records(count, int64(bytes, 0), int64(bytes, AT.first), appended, from);
}

function decompress(body: Buffer, codec: number): Buffer {
  if (codec === 0) return body;
  const algorithm = compressionsAlgorithmsByBitmask[codec as 0 | 1 | 2 | 3 | 4];
  if (!algorithm?.available)
    throw corrupt('a batch in plain, gzip, snappy or lz4', codec === 4 ? 'zstd' : `codec ${codec}`);
  return algorithm.decompressSync(body);
}

/** Exact up to 2⁵³: no log reaches that offset, no clock that millisecond. */
const int64 = (bytes: Buffer, at: number): number =>
  bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);

type Headers = Readonly<Record<string, string>>;

class Decoder {
  readonly #bytes: Buffer;
  #at = 0;
  /** Records of one producer mostly carry the same headers: their bytes, and what they mean. */
  #headerBytes: Buffer = Buffer.alloc(0);
  #headers: Headers | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  records(
    count: number,
    base: number,
    first: number,
    appended: number | null,
    from: number,
  ): ConsumedRecord[] {
    const records: ConsumedRecord[] = [];
    for (let i = 0; i < count; i++) {
      const length = this.#varint();
      const end = this.#at + length;
      this.#at += 1;
      const timestamp = first + this.#varint();
      const position = (base + this.#varint()) as Position;
      if (position >= from) {
        const key = this.#take();
        const value = this.#take() ?? Buffer.alloc(0);
        const headers = this.#headersUpTo(end);
        const text = key === null ? null : key.toString();
        const at = appended ?? timestamp;
        // One literal of one shape: made with spreads a record costs three objects.
        records.push({ key: text, value, position, timestamp: at, headers });
      }
      this.#at = end;
    }
    return records;
  }

  /** A number of 1 to 10 bytes, zigzag: least significant 7 bits first. */
  #varint(): number {
    let low = 0;
    let shift = 0;
    for (; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#at++]!;
      low |= (byte & 127) << shift;
      if (byte < 128) return (low >>> 1) ^ -(low & 1);
    }
    let value = low;
    for (let factor = 2 ** 28; ; factor *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw corrupt('a whole record', 'its beginning');
      value += (byte & 127) * factor;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  #take(): Buffer | null {
    const length = this.#varint();
    if (length < 0) return null;
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw corrupt('a whole record', 'its beginning');
    return this.#bytes.subarray(from, this.#at);
  }

  #headersUpTo(end: number): Headers | undefined {
    const bytes = this.#bytes.subarray(this.#at, end);
    if (bytes.equals(this.#headerBytes)) return this.#headers;
    const headers: Record<string, string> = {};
    const count = this.#varint();
    for (let i = 0; i < count; i++) {
      const name = this.#take()?.toString() ?? '';
      headers[name] = this.#take()?.toString() ?? '';
    }
    this.#headerBytes = bytes;
    this.#headers = count > 0 ? headers : undefined;
    return this.#headers;
  }
}

const corrupt = (expected: string, got: string): StargateError =>
  new StargateError('STG_LOG_CORRUPT', { expected, got });
