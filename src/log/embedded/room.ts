import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { StargateError } from '../../errors.js';
import { type Disk, isMissing } from './disk.js';
import type { DurableEnd } from './end-file.js';
import { partitionFolder } from './ends.js';
import type { Groups } from './groups.js';
import { pathOf } from './index-file.js';
import { listSegments, segmentName } from './segment.js';

const MODEST = 64 * 1024;
/** Left free on the disk: without room for commits nothing could ever be deleted, and a full log would stay full. */
const RESERVE = 64 * 1024;

export interface RoomOptions {
  readonly disk: Disk;
  readonly log: string;
  readonly partition: number;
  readonly groups: Groups;
  /** Bytes that the segments of all partitions may take together. */
  readonly maxBytes: number;
  /** Age in ms at which a segment may go; Infinity keeps it until its room is needed. */
  readonly retentionMs: number;
}

/**
 * How much the log may hold, and what may go: whole segments, oldest first, and only below the committed position
 * of every registered group.
 */
export class Room {
  readonly #options: RoomOptions;
  readonly #folder: string;
  /** Bytes of all partitions as last counted, and those written here since. */
  #used = 0;
  /** Bytes that the disk had for us when last asked, less those written since. */
  #free = 0;

  constructor(options: RoomOptions) {
    this.#options = options;
    this.#folder = partitionFolder(options.log, options.partition);
  }

  /** Counts `length` bytes in, after making room for them where it must; throws STG_LOG_FULL. */
  async claim(length: number): Promise<void> {
    const { maxBytes } = this.#options;
    if (this.#used + length > maxBytes) await this.#fit(length);
    if (this.#used + length > maxBytes) {
      throw new StargateError('STG_LOG_FULL', {
        expected: `at most ${maxBytes} bytes that not every consumer group has read`,
        got: `${this.#used} bytes`,
      });
    }
    if (length > this.#free) await this.#ask();
    if (length > this.#free) {
      throw new StargateError('STG_LOG_FULL', {
        expected: `${length} bytes of free disk besides a reserve of ${RESERVE}`,
        got: `${this.#free} bytes`,
      });
    }
    this.#used += length;
    this.#free -= length;
  }

  /** Whether the log and the disk have room for a group like the one that failed, or for a modest one. */
  async isFree(failed: number): Promise<boolean> {
    const length = Math.min(failed, MODEST);
    await this.#fit(length);
    await this.#ask();
    // Twice the room, or the log would go back and forth at the brim.
    return this.#used + length <= this.#options.maxBytes && this.#free > 2 * length;
  }

  /** Counts what is on disk, of other processes' partitions too. */
  async count(): Promise<void> {
    const names = (await readdir(this.#options.log)).filter((name) => /^\d{5}$/.test(name));
    const sizes = await Promise.all(names.map((name) => bytesIn(join(this.#options.log, name))));
    this.#used = sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Deletes segments that are older than the log keeps. */
  async expire(now: number): Promise<void> {
    const { retentionMs } = this.#options;
    for (const base of await this.#spare()) {
      const { mtimeMs } = await stat(join(this.#folder, segmentName(base)));
      if (now - mtimeMs < retentionMs) break;
      await this.#remove(base);
    }
    await this.count();
    // Others may have filled the disk meanwhile.
    await this.#ask();
  }

  /** Whether everything up to the end may go by age, so that the newest segment can be ended and deleted. */
  async isSpent(end: DurableEnd, now: number): Promise<boolean> {
    if (this.#options.retentionMs === Number.POSITIVE_INFINITY) return false;
    const { mtimeMs } = await stat(join(this.#folder, segmentName(end.base)));
    const { groups, partition, retentionMs } = this.#options;
    return now - mtimeMs >= retentionMs && (await groups.lowest(partition)) >= end.offset;
  }

  async #ask(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#options.log);
    this.#free = Math.max(0, bavail * bsize - RESERVE);
  }

  async #fit(length: number): Promise<void> {
    await this.count();
    for (const base of await this.#spare()) {
      if (this.#used + length <= this.#options.maxBytes) return;
      await this.#remove(base);
      await this.count();
    }
  }

  /** Bases of the segments that no registered group needs, oldest first; never the newest segment. */
  async #spare(): Promise<number[]> {
    const bases = await listSegments(this.#folder);
    const lowest = await this.#options.groups.lowest(this.#options.partition);
    return bases.filter((_, i) => i + 1 < bases.length && bases[i + 1]! <= lowest);
  }

  async #remove(base: number): Promise<void> {
    const { disk } = this.#options;
    await disk.remove(join(this.#folder, segmentName(base)));
    await disk.remove(pathOf(this.#folder, base)).catch(() => {});
  }
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await listSegments(folder)).map(async (base) => {
    try {
      return (await stat(join(folder, segmentName(base)))).size;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
