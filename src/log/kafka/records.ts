import type { LogRecord } from '../port.js';

/**
 * Kafka's record batch, version 2. What does not depend on the batch (key, value, headers) is encoded when a record
 * is appended, into a buffer of its own, since the caller may use its buffers again; the rest when the batch is built.
 *
 *     record = length, attributes 0, timestamp delta, offset delta, tail
 *     tail   = key length, key, value length, value, header count, {name length, name, value length, value}
 *
 * with lengths and deltas as zigzag varints, length -1 for null.
 */
export interface Tails {
  readonly bytes: Buffer;
  /** Where each record's tail ends in `bytes`. */
  readonly ends: readonly number[];
  readonly timestamps: readonly number[];
  /** Upper bound of what the records take in a batch. */
  readonly weight: number;
}

/** Records `from` to `to` (exclusive) of a call of append. */
export interface Slice<T extends { readonly tails: Tails }> {
  readonly of: T;
  readonly from: number;
  readonly to: number;
}

/** How a batch is signed, so that a broker recognises it when it comes again. */
export interface Signature {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
}

/** The length, the attributes and the two deltas of a record take at most this. */
const RECORD_MOST = 5 + 1 + 8 + 5;
const BATCH_HEAD = 61;

export function encodeTails(records: readonly LogRecord[]): Tails {
  const keys = records.map(({ key }) => (key === null ? null : Buffer.from(key)));
  let length = 0;
  for (let i = 0; i < records.length; i++) length += tailLength(keys[i]!, records[i]!);
  const bytes = Buffer.allocUnsafe(length);
  const ends = new Array<number>(records.length);
  const timestamps = new Array<number>(records.length);
  let at = 0;
  for (let i = 0; i < records.length; i++) {
    const { value, headers, timestamp } = records[i]!;
    at = putBytes(bytes, at, keys[i]!);
    at = putBytes(bytes, at, value);
    const encoded = headerBytes(headers);
    bytes.set(encoded, at);
    at += encoded.length;
    ends[i] = at;
    timestamps[i] = Math.max(0, Math.floor(timestamp));
  }
  return { bytes, ends, timestamps, weight: length + records.length * RECORD_MOST };
}

const tailLength = (key: Buffer | null, { value, headers }: LogRecord): number =>
  (key === null ? 1 : varintLength(2 * key.length) + key.length) +
  varintLength(2 * value.length) +
  value.length +
  headerBytes(headers).length;

/** Upper bound of the bytes of some records in a batch. */
export function weightOf({ of: { tails }, from, to }: Slice<{ readonly tails: Tails }>): number {
  const begin = from === 0 ? 0 : tails.ends[from - 1]!;
  return tails.ends[to - 1]! - begin + (to - from) * RECORD_MOST;
}

let lastHeaders: LogRecord['headers'];
let lastBytes = Buffer.from([0]);

/** Encoded headers. Nearly all records of a process have the same object: its bytes are kept. */
function headerBytes(headers: LogRecord['headers']): Buffer {
  if (headers !== lastHeaders) {
    const all = Object.entries(headers ?? {});
    const parts = all.flatMap(([name, value]) => [prefixed(name), prefixed(value)]);
    lastBytes = Buffer.concat([varint(2 * all.length), ...parts]);
    lastHeaders = headers;
  }
  return lastBytes;
}

const prefixed = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([varint(2 * bytes.length), bytes]);
};

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(varintLength(value));
  putVarint(bytes, 0, value);
  return bytes;
}

export interface Codec {
  /** The batch's attribute bits. */
  readonly bits: number;
  compress(bytes: Buffer): Buffer;
}

/** Encodes a batch whose slices weigh `weight` together. The checksum is `crc32c`'s. */
export function encodeBatch(
  slices: readonly Slice<{ readonly tails: Tails }>[],
  weight: number,
  signature: Signature,
  codec: Codec | null,
  crc32c: (bytes: Buffer) => number,
): Buffer {
  const plain = Buffer.allocUnsafe(BATCH_HEAD + weight);
  const written = putRecords(plain, slices);
  const batch = codec
    ? compressed(plain.subarray(BATCH_HEAD, written.end), codec)
    : plain.subarray(0, written.end);
  batch.fill(0, 0, 8);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch[16] = 2;
  batch.writeInt16BE(codec?.bits ?? 0, 21);
  batch.writeInt32BE(written.count - 1, 23);
  putInt64(batch, written.first, 27);
  putInt64(batch, written.max, 35);
  batch.writeBigInt64BE(signature.producerId, 43);
  batch.writeInt16BE(signature.epoch, 51);
  batch.writeInt32BE(signature.sequence, 53);
  batch.writeInt32BE(written.count, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function compressed(records: Buffer, codec: Codec): Buffer {
  const body = codec.compress(records);
  const batch = Buffer.allocUnsafe(BATCH_HEAD + body.length);
  batch.set(body, BATCH_HEAD);
  return batch;
}

function putRecords(
  into: Buffer,
  slices: readonly Slice<{ readonly tails: Tails }>[],
): { end: number; count: number; first: number; max: number } {
  const first = slices[0]!.of.tails.timestamps[slices[0]!.from]!;
  let max = 0;
  let count = 0;
  let at = BATCH_HEAD;
  for (const { of, from, to } of slices) {
    const { bytes, ends, timestamps } = of.tails;
    for (let i = from; i < to; i++) {
      const begin = i === 0 ? 0 : ends[i - 1]!;
      const timestamp = timestamps[i]!;
      if (timestamp > max) max = timestamp;
      const delta = zigzag(timestamp - first);
      const tail = ends[i]! - begin;
      at = putVarint(into, at, 2 * (1 + varintLength(delta) + varintLength(2 * count) + tail));
      into[at++] = 0;
      at = putVarint(into, at, delta);
      at = putVarint(into, at, 2 * count);
      bytes.copy(into, at, begin, begin + tail);
      at += tail;
      count += 1;
    }
  }
  return { end: at, count, first, max };
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** Bytes of a varint, for whole numbers up to 2^53. */
function varintLength(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  if (value < 2_097_152) return 3;
  if (value < 268_435_456) return 4;
  let length = 5;
  for (let most = 34_359_738_368; value >= most; most *= 128) length += 1;
  return length;
}

function putVarint(into: Buffer, at: number, value: number): number {
  let p = at;
  let rest = value;
  // Beyond 31 bits the operators on bits no longer hold.
  while (rest > 0x7fffffff) {
    into[p++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    into[p++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  into[p++] = rest;
  return p;
}

function putBytes(into: Buffer, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) {
    into[at] = 1;
    return at + 1;
  }
  const p = putVarint(into, at, 2 * bytes.length);
  into.set(bytes, p);
  return p + bytes.length;
}

function putInt64(into: Buffer, value: number, at: number): void {
  into.writeInt32BE(Math.floor(value / 4_294_967_296), at);
  into.writeUInt32BE(value % 4_294_967_296, at + 4);
}
