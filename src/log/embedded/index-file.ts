import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { HEADER, segmentName } from './segment.js';

/** Bytes of records between two entries: what a seek reads in vain at most. */
const EVERY = 256 * 1024;
const ENTRY = 16;

/**
 * Sparse index of a segment: pairs of offset and byte position. It is written when the segment is full, without a
 * sync and with a CRC; a missing or damaged one only makes a seek slower.
 */
export class SparseIndex {
  #entries: number[] = [];
  #last = HEADER;

  /** Notes that the record with `offset` begins at `at`. */
  add(offset: number, at: number): void {
    if (at - this.#last < EVERY) return;
    this.#entries.push(offset, at);
    this.#last = at;
  }

  async save(folder: string, base: number): Promise<void> {
    const body = Buffer.from(new Float64Array(this.#entries).buffer);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(body));
    await writeFile(pathOf(folder, base), Buffer.concat([sum, body]), { mode: 0o600 });
  }
}

export const pathOf = (folder: string, base: number): string =>
  join(folder, segmentName(base).replace('.log', '.index'));

/** Byte position of a record at or before `offset`, from which a reader can go on. */
export async function floorOf(folder: string, base: number, offset: number): Promise<number> {
  const bytes = await readFile(pathOf(folder, base)).catch(() => Buffer.alloc(0));
  if (bytes.length < 4 || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return HEADER;
  let [low, high] = [0, (bytes.length - 4) / ENTRY];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bytes.readDoubleLE(4 + middle * ENTRY) <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? HEADER : bytes.readDoubleLE(4 + (low - 1) * ENTRY + 8);
}
