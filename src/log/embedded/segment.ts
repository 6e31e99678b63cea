import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { StargateError } from '../../errors.js';
import { type Disk, replaceFile } from './disk.js';

/**
 * A segment is a file of records named by its base, the lowest offset that it can hold. Header, little endian:
 * `STGLOG`, u16 version, f64 base, 12 bytes of zero, u32 CRC of the 28 bytes before it.
 *
 * A record in a segment counts only while its offset is below the next segment's base: what a failed sync left
 * behind in the older file is dead from the moment the newer file stands.
 */
export const HEADER = 32;
export const VERSION = 1;
const MAGIC = 'STGLOG';
const NAME = /^(\d{20})\.log$/;

export const segmentName = (base: number): string => `${String(base).padStart(20, '0')}.log`;

/** Bases of the segments in a partition's folder, ascending. */
export async function listSegments(folder: string): Promise<number[]> {
  const bases: number[] = [];
  for (const name of await readdir(folder)) {
    const match = NAME.exec(name);
    if (match) bases.push(Number(match[1]));
  }
  return bases.sort((a, b) => a - b);
}

function header(base: number): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt16LE(VERSION, 6);
  bytes.writeDoubleLE(base, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER - 4)), HEADER - 4);
  return bytes;
}

/** Makes an empty segment durably, whole header or nothing, and opens it for writing. */
export async function createSegment(disk: Disk, folder: string, base: number): Promise<number> {
  const path = join(folder, segmentName(base));
  await replaceFile(disk, path, header(base));
  return disk.open(path, 'existing');
}

/** Throws STG_LOG_VERSION for a file of a newer Stargate, STG_LOG_CORRUPT for one that is no segment. */
export async function checkHeader(folder: string, base: number): Promise<void> {
  const path = join(folder, segmentName(base));
  const file = await open(path, 'r');
  const bytes = Buffer.alloc(HEADER);
  try {
    await file.read(bytes, 0, HEADER, 0);
  } finally {
    await file.close();
  }
  const isSegment = bytes.toString('latin1', 0, MAGIC.length) === MAGIC;
  const version = bytes.readUInt16LE(6);
  // A newer version may have another header: it is told apart before the rest is judged.
  if (isSegment && version > VERSION) {
    throw new StargateError('STG_LOG_VERSION', {
      expected: `version ${VERSION}`,
      got: `version ${version}: ${path}`,
    });
  }
  if (!bytes.equals(header(base))) {
    throw new StargateError('STG_LOG_CORRUPT', {
      message: 'A segment of the log has a damaged header.',
      expected: `the header of a segment with base ${base}`,
      got: path,
      next: 'Move that file away to go on without its records, or restore it from a backup.',
    });
  }
}
