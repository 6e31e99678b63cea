import { crc32 } from 'node:zlib';
import type { ConsumedRecord, LogRecord, Position } from '../port.js';

/**
 * One record on disk, little endian:
 *
 *      0  u32  length of everything behind the CRC
 *      4  u32  CRC-32 (zlib) of everything behind it
 *      8  u64  offset, as two u32
 *     16  f64  timestamp, ms since 1970
 *     24  i32  bytes of the key, -1 for null
 *     28  u32  bytes of the headers, each u32 u32 name value
 *     32       key, headers, value
 *
 * A wrong length makes the CRC cover other bytes, so it is found too.
 */
export const FIXED = 32;
const FRAME = 8;
const U32 = 2 ** 32;

/** Upper bound in bytes of the encoded record: UTF-8 needs at most three bytes a UTF-16 unit. */
export function boundOf(record: LogRecord): number {
  const key = record.key === null ? 0 : record.key.length * 3;
  return FIXED + key + headerBytes(record.headers).length + record.value.length;
}

/** Encodes into `into` at `at`, which has room for `boundOf(record)`. Returns the position behind it. */
export function encode(into: Buffer, at: number, offset: number, record: LogRecord): number {
  into.writeUInt32LE(offset % U32, at + 8);
  into.writeUInt32LE((offset / U32) | 0, at + 12);
  into.writeDoubleLE(record.timestamp, at + 16);
  let p = at + FIXED;
  if (record.key === null) into.writeInt32LE(-1, at + 24);
  else {
    const length = into.write(record.key, p, 'utf8');
    into.writeInt32LE(length, at + 24);
    p += length;
  }
  const headers = headerBytes(record.headers);
  into.writeUInt32LE(headers.length, at + 28);
  into.set(headers, p);
  p += headers.length;
  into.set(record.value, p);
  p += record.value.length;
  into.writeUInt32LE(p - at - FRAME, at);
  into.writeUInt32LE(crc32(into.subarray(at + FRAME, p)), at + 4);
  return p;
}

let lastHeaders: LogRecord['headers'];
let lastBytes = Buffer.alloc(0);

/** Encoded headers. Nearly all records of a process have the same object: its bytes are kept. */
function headerBytes(headers: LogRecord['headers']): Buffer {
  if (headers !== lastHeaders) {
    lastBytes = Buffer.concat(Object.entries(headers ?? {}).flatMap(([name, value]) => header(name, value)));
    lastHeaders = headers;
  }
  return lastBytes;
}

function header(name: string, value: string): Buffer[] {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(Buffer.byteLength(name), 0);
  lengths.writeUInt32LE(Buffer.byteLength(value), 4);
  return [lengths, Buffer.from(name), Buffer.from(value)];
}

/**
 * Bytes of the whole record that begins at `at`, or what stands there instead: `SHORT` when the record would end
 * behind `end` (or its length cannot be seen), `BAD` when no record can begin so.
 */
export const SHORT = 0;
export const BAD = -1;
export function sizeAt(bytes: Buffer, at: number, end: number): number {
  if (end - at < FRAME) return SHORT;
  const length = bytes.readUInt32LE(at);
  if (length < FIXED - FRAME) return BAD;
  return at + FRAME + length > end ? SHORT : FRAME + length;
}

/** Whether the record of `size` bytes at `at` is intact. */
export const intact = (bytes: Buffer, at: number, size: number): boolean =>
  crc32(bytes.subarray(at + FRAME, at + size)) === bytes.readUInt32LE(at + 4);

export const offsetAt = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12) * U32;

export const timestampAt = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + 16);

/** Decodes an intact record. `value` shares memory with `bytes`. */
export function decode(bytes: Buffer, at: number, size: number): ConsumedRecord {
  const keyLength = bytes.readInt32LE(at + 24);
  const headersAt = at + FIXED + Math.max(0, keyLength);
  const valueAt = headersAt + bytes.readUInt32LE(at + 28);
  return {
    position: offsetAt(bytes, at) as Position,
    timestamp: timestampAt(bytes, at),
    key: keyLength < 0 ? null : bytes.toString('utf8', at + FIXED, headersAt),
    value: bytes.subarray(valueAt, at + size),
    ...(valueAt > headersAt && { headers: decodeHeaders(bytes, headersAt, valueAt) }),
  };
}

function decodeHeaders(bytes: Buffer, from: number, to: number): Record<string, string> {
  // No prototype: a header may be called __proto__.
  const headers: Record<string, string> = Object.create(null);
  for (let p = from; p < to; ) {
    const valueAt = p + 8 + bytes.readUInt32LE(p);
    const next = valueAt + bytes.readUInt32LE(p + 4);
    headers[bytes.toString('utf8', p + 8, valueAt)] = bytes.toString('utf8', valueAt, next);
    p = next;
  }
  return headers;
}
