import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Check, Observation } from './port.js';
import { bytes, failed, ok, warning, word } from './port.js';

export interface Room {
  /** What is kept there, such as "log". */
  readonly what: string;
  readonly folder: string;
  /** Bytes that it may take in all, by its setting; null where nothing bounds it. */
  readonly most: number | null;
  /** The setting, as a flag. */
  readonly flag: string | null;
}

/** Below it not even what is being written may fit. */
const LEAST = 64 * 2 ** 20;

/** Whether the folder, or the one that it will be made in, can be written, and has room. */
export const diskCheck = (room: Room): Check => ({
  code: 'STG_DISK',
  async look() {
    const { what, folder } = room;
    const place = await existing(resolve(folder));
    const writable = await access(place, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!writable) return failed(`${what}: this user may not write in ${place}`, `ls -ld ${word(place)}`);
    const { bavail, bsize } = await statfs(place);
    // What is there already needs no further room.
    const used = room.most === null ? 0 : await sizeOf(resolve(folder));
    return judge(room, place, bavail * bsize, used);
  },
});

function judge({ what, folder, most, flag }: Room, place: string, free: number, used: number): Observation {
  const told = `${what}: ${bytes(free)} free for ${folder}`;
  if (free < LEAST)
    return failed(`${told}, expected ${bytes(LEAST)} at the very least`, `df -h ${word(place)}`);
  if (most !== null && free + used < most)
    return warning(
      `${told}, which may grow to ${bytes(most)}`,
      `make room, or set ${flag} to at most ${Math.floor((free + used) / 2 ** 20)}MiB`,
    );
  return ok(told);
}

/** Bytes of all files below the folder; 0 where there is none. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        // Deleted meanwhile.
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The folder itself, or the nearest above it that is there. */
async function existing(folder: string): Promise<string> {
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  return there || dirname(folder) === folder ? folder : existing(dirname(folder));
}
