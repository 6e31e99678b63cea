import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/**
 * The few calls that change the log's files. They are an interface so that a test can stop the world before
 * any of them, or in the middle of a write, and look at what a killed process leaves behind.
 */
export interface Disk {
  /** Opens for reading and writing; `create` refuses a file that exists, `replace` empties it. */
  open(path: string, how: 'existing' | 'create' | 'replace'): Promise<number>;
  /** Bytes written: fewer than asked on a full disk, without an error. */
  write(fd: number, bytes: Uint8Array, from: number, length: number, at: number): Promise<number>;
  /** Data and the size needed to read it are on the medium. */
  sync(fd: number): Promise<void>;
  truncate(fd: number, length: number): Promise<void>;
  close(fd: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Names created, renamed or removed in the folder survive a power cut. */
  syncFolder(path: string): Promise<void>;
}

const FLAGS = { existing: 'r+', create: 'wx+', replace: 'w+' } as const;
const openFile = promisify(fs.open);

/** libuv's thread pool, through the callback API: FileHandle costs twice the CPU a call. */
export const realDisk: Disk = {
  open: (path, how) => openFile(path, FLAGS[how], 0o600),
  write: (fd, bytes, from, length, at) =>
    new Promise((resolve, reject) => {
      fs.write(fd, bytes, from, length, at, (error, written) => (error ? reject(error) : resolve(written)));
    }),
  sync: promisify(fs.fdatasync),
  truncate: promisify(fs.ftruncate),
  close: promisify(fs.close),
  rename: fs.promises.rename,
  remove: fs.promises.unlink,
  async syncFolder(path) {
    const fd = await openFile(path, 'r');
    try {
      await promisify(fs.fsync)(fd);
    } finally {
      await realDisk.close(fd);
    }
  },
};

/** Writes all bytes, however short the single writes are. Throws ENOSPC when a write makes no progress. */
export async function writeAll(disk: Disk, fd: number, bytes: Uint8Array, length: number, at: number) {
  for (let done = 0; done < length; ) {
    const written = await disk.write(fd, bytes, done, length - done, at + done);
    if (written === 0) throw Object.assign(new Error('ENOSPC: no progress'), { code: 'ENOSPC' });
    done += written;
  }
}

/** Puts a whole file in place durably: a reader, or a process after a crash, sees the old one or the new one. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.new`;
  const fd = await disk.open(draft, 'replace');
  try {
    await writeAll(disk, fd, bytes, bytes.length, 0);
    await disk.sync(fd);
  } finally {
    await disk.close(fd);
  }
  await disk.rename(draft, path);
  await disk.syncFolder(dirname(path));
}

/** Makes a whole file durably, unless it is there: of several processes that try at once, one succeeds. */
export async function createFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await replaceFile(disk, draft, bytes);
  await fs.promises.link(draft, path).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await disk.remove(draft);
  await disk.syncFolder(dirname(path));
}

/** Makes a folder whose name survives a power cut. */
export async function makeFolder(disk: Disk, path: string): Promise<void> {
  const made = await fs.promises.mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) await disk.syncFolder(dirname(path));
}

/** True for the errors by which a system says that there is no room. */
export const isNoRoom = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');

/** True when the file is not there. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
