import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BAD, offsetAt } from './codec.js';
import { keepAside, type Warn } from './damage.js';
import type { Disk } from './disk.js';
import { type DurableEnd, EndReader } from './end-file.js';
import { checkHeader, createSegment, HEADER, listSegments, segmentName } from './segment.js';
import { Window } from './window.js';

/** A partition ready to be written: everything up to `end` is intact or known to be damaged, and durable. */
export interface Recovered {
  readonly fd: number;
  readonly end: DurableEnd;
  /** Of the end file. */
  readonly sequence: number;
}

/**
 * Puts a partition in order after any crash. Only the newest segment can be torn, and only behind the published
 * end, so it costs what was written since: nothing after a clean stop, at most one segment after a power cut.
 */
export async function recover(disk: Disk, folder: string, warn: Warn): Promise<Recovered> {
  await removeDrafts(disk, folder);
  const file = new EndReader(folder);
  const published = file.read();
  file.close();
  const sequence = published?.sequence ?? 0;
  const base = (await listSegments(folder)).at(-1);
  if (base === undefined) {
    const offset = published?.end.offset ?? 0;
    if (offset > 0) warn(`All segments of ${folder} are gone; positions go on at ${offset}.`);
    const fd = await createSegment(disk, folder, offset);
    return { fd, end: { offset, base: offset, bytes: HEADER }, sequence };
  }
  await checkHeader(folder, base);
  const fd = await disk.open(join(folder, segmentName(base)), 'existing');
  const end = await settle({ disk, folder, warn, fd, base }, published?.end ?? null);
  return { fd, end, sequence };
}

interface Newest {
  readonly disk: Disk;
  readonly folder: string;
  readonly warn: Warn;
  readonly fd: number;
  readonly base: number;
}

/** Finds where the newest segment ends, and cuts off what a crash left half written. */
async function settle(segment: Newest, published: DurableEnd | null): Promise<DurableEnd> {
  const { disk, folder, warn, fd, base } = segment;
  const { size } = await stat(join(folder, segmentName(base)));
  const known = published?.base === base && published.bytes >= HEADER && published.bytes <= size;
  const from = known ? published : { offset: base, bytes: HEADER };
  const found = await scan(segment, from.bytes, size, from.offset);
  const lost = (published?.offset ?? 0) - found.offset;
  if (lost > 0) {
    // Positions are never used twice: the warehouse would take the new records for the lost ones.
    await keepAside(folder, fd, { base, from: found.bytes, to: size, missing: lost }, warn);
  }
  if (found.bytes < size) await disk.truncate(fd, found.bytes);
  // What a killed process wrote may be in memory only: it must be durable before readers see it.
  await disk.sync(fd);
  await disk.syncFolder(folder);
  return { offset: found.offset + Math.max(0, lost), base, bytes: found.bytes };
}

/** Position behind the last intact record, and the offset that follows it; damage between is kept aside. */
async function scan(segment: Newest, from: number, size: number, next: number) {
  const window = new Window(segment.fd, from, size);
  let offset = next;
  while (window.at < size) {
    const found = window.size() || (await window.load());
    if (found === BAD || offsetAt(window.bytes, window.index) < offset) {
      const bad = window.at;
      // A record takes at least 32 bytes, which bounds the offsets that can follow in this file.
      if (!(await window.resync(offset, offset + size))) return { bytes: bad, offset };
      const missing = offsetAt(window.bytes, window.index) - offset;
      const damage = { base: segment.base, from: bad, to: window.at, missing };
      await keepAside(segment.folder, segment.fd, damage, segment.warn);
      continue;
    }
    offset = offsetAt(window.bytes, window.index) + 1;
    window.at += found;
  }
  return { bytes: window.at, offset };
}

/** Files that were not put in place before a crash. */
async function removeDrafts(disk: Disk, folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith('.new')) await disk.remove(join(folder, name));
  }
}
