import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentName } from './segment.js';
import { readFully } from './window.js';

/** Bytes of a segment that are no records though they should be. */
export interface Damage {
  readonly base: number;
  readonly from: number;
  readonly to: number;
  /** Offsets that are missing because of it. */
  readonly missing: number;
}

export type Warn = (message: string) => void;

/**
 * Says that records cannot be read, and keeps their bytes in the side folder `corrupt` of the partition. The name
 * tells the place, so that several readers of one damage keep it once.
 */
export async function keepAside(folder: string, fd: number, damage: Damage, warn: Warn): Promise<void> {
  const { base, from, to, missing } = damage;
  const path = join(folder, 'corrupt', `${segmentName(base)}-${from}-${to}`);
  let kept = `kept in ${path}`;
  try {
    await mkdir(join(folder, 'corrupt'), { recursive: true, mode: 0o700 });
    await writeFile(path, await readFully(fd, from, to - from), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // The warning matters more than the copy: a read-only disk must not hide the damage.
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') kept = `not kept aside: ${message}`;
  }
  warn(
    `${missing} record${missing === 1 ? '' : 's'} of the log cannot be read: bytes ${from} to ${to} of ` +
      `${join(folder, segmentName(base))} are damaged and skipped (${kept}).`,
  );
}
