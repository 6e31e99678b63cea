/** Takes what is about a person out of a log on this machine, without moving any other record. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ErasedRecords } from '../port.js';
import { decode, intact, offsetAt, sizeAt } from './codec.js';
import { isMissing, realDisk, replaceFile } from './disk.js';
import { Groups } from './groups.js';
import { acquire } from './lock.js';
import { HEADER, listSegments, segmentName } from './segment.js';

const FRAME = 8;
/** What stands in place of a record: readers store nothing for it but the reason. */
const ERASED = { reason: 'erased' };

export interface EraseOptions {
  /** Whether the record's value is about the person. */
  readonly about: (value: Buffer) => boolean;
  /** Only counts. */
  readonly dryRun: boolean;
  /** Also records that a group still has to read: of a spool, from which nobody counts what was stored. */
  readonly waitingToo: boolean;
}

/**
 * Overwrites values and keys; offsets, sizes and positions stay. Nobody may own the log meanwhile. Records that a
 * group still has to read are left and counted, unless told otherwise: an event that is gone before it is stored would
 * upset how many are counted as stored. Errors: STG_LOG_LOCKED.
 */
export async function eraseRecords(log: string, options: EraseOptions): Promise<ErasedRecords> {
  const names = await readdir(log).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const sum = { erased: 0, waiting: 0 };
  for (const name of names.filter((each) => /^\d{5}$/.test(each))) {
    const folder = join(log, name);
    const lock = options.dryRun ? null : await acquire(folder, 'STG_LOG_LOCKED');
    try {
      const { waitingToo } = options;
      const read = waitingToo ? Infinity : await new Groups(realDisk, log).lowest(Number(name));
      for (const base of await listSegments(folder)) {
        const found = await eraseSegment(join(folder, segmentName(base)), read, options);
        sum.erased += found.erased;
        sum.waiting += found.waiting;
      }
    } finally {
      await lock?.release();
    }
  }
  return sum;
}

async function eraseSegment(path: string, read: number, { about, dryRun }: EraseOptions) {
  const bytes = await readFile(path);
  let [erased, waiting] = [0, 0];
  for (let at = HEADER, size = sizeAt(bytes, at, bytes.length); size > 0; ) {
    if (intact(bytes, at, size)) {
      const { key, value, timestamp } = decode(bytes, at, size);
      if (about(value) || (key !== null && about(Buffer.from(key)))) {
        if (offsetAt(bytes, at) >= read) waiting += 1;
        else {
          erased += 1;
          overwrite(bytes, at, size, value, timestamp);
        }
      }
    }
    at += size;
    size = sizeAt(bytes, at, bytes.length);
  }
  if (erased > 0 && !dryRun) await replaceFile(realDisk, path, bytes);
  return { erased, waiting };
}

/** The record becomes a rejected one of the same size: JSON may end with spaces. `value` is part of `bytes`. */
function overwrite(bytes: Buffer, at: number, size: number, value: Buffer, timestamp: number): void {
  const received_at = new Date(timestamp).toISOString();
  const text = JSON.stringify({ schema_version: 1, received_at, rejected: ERASED, raw: '' });
  value.fill(' ');
  if (text.length <= value.length) value.write(text, 'latin1');
  const keyLength = bytes.readInt32LE(at + 24);
  if (keyLength > 0) bytes.fill('-', at + 32, at + 32 + keyLength);
  bytes.writeUInt32LE(crc32(bytes.subarray(at + FRAME, at + size)), at + 4);
}
