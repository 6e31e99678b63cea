import { DEFAULT_MAX_BYTES, DEFAULT_PENDING_BYTES, type OpenLogOptions, warnOf } from '../options.js';
import { type Disk, makeFolder } from './disk.js';
import { type DurableEnd, EndPublisher } from './end-file.js';
import { type Ends, partitionFolder } from './ends.js';
import type { Groups } from './groups.js';
import { acquire, type Lock } from './lock.js';
import { recover } from './recover.js';
import { Room } from './room.js';
import { Tail } from './tail.js';
import { Writer } from './writer.js';

const SEGMENT_BYTES = 64 * 2 ** 20;
/** How often old segments are looked for. */
const RETENTION_EVERY_MS = 5_000;

export interface SlotParts {
  readonly disk: Disk;
  readonly log: string;
  readonly ends: Ends;
  readonly groups: Groups;
}

/** A partition that this process owns and writes. */
export interface Slot {
  readonly writer: Writer;
  /** Deletes what is older than the log keeps. */
  retain(now: number): Promise<void>;
  close(): Promise<void>;
}

/** Takes a slot, puts it in order after any crash, and opens it for appending. Throws STG_LOG_LOCKED. */
export async function openSlot(parts: SlotParts, options: OpenLogOptions): Promise<Slot> {
  const { disk, log } = parts;
  const partition = options.slot ?? 0;
  const folder = partitionFolder(log, partition);
  await makeFolder(disk, folder);
  const lock = await acquire(folder, 'STG_LOG_LOCKED');
  try {
    return await write(parts, options, { partition, folder, lock });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Place {
  readonly partition: number;
  readonly folder: string;
  readonly lock: Lock;
}

async function write(parts: SlotParts, options: OpenLogOptions, place: Place): Promise<Slot> {
  const { disk, log, ends, groups } = parts;
  const { partition, folder, lock } = place;
  const { fd, end, sequence } = await recover(disk, folder, warnOf(options));
  const publisher = new EndPublisher(folder, sequence);
  const onEnd = (now: DurableEnd): void => {
    ends.own(partition, now);
    publisher.publish(now);
  };
  onEnd(end);
  const { maxBytes = DEFAULT_MAX_BYTES, retentionMs = Number.POSITIVE_INFINITY } = options;
  // The newest segment is never deleted: were it most of the log, a full log would stay full when all is read.
  const { segmentBytes = Math.min(SEGMENT_BYTES, Math.floor(maxBytes / 8)) } = options;
  const tail = new Tail({ disk, folder, segmentBytes, onEnd }, fd, end);
  const room = new Room({ disk, log, partition, groups, maxBytes, retentionMs });
  await room.count();
  const writer = new Writer(partition, tail, room, options.maxPendingBytes ?? DEFAULT_PENDING_BYTES);
  const retain = (now: number): Promise<void> =>
    writer.exclusive(async () => {
      if (await room.isSpent(tail.end, now)) await tail.roll();
      await room.expire(now);
    });
  // A failure (a full disk, a group's file that cannot be read) is met again where it matters: in a claim.
  const timer = setInterval(() => void retain(Date.now()).catch(() => {}), RETENTION_EVERY_MS).unref();
  return {
    writer,
    retain,
    async close() {
      clearInterval(timer);
      await writer.close();
      await publisher.close();
      await lock.release();
    },
  };
}
