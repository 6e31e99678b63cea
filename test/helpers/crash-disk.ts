import { type Disk, realDisk } from '../../src/log/embedded/disk.js';

/** Thrown by every call from the crash on. */
export class Crashed extends Error {}

/**
 * A disk that stops the world after so many steps. A step is a byte written or one other call, so the crash can
 * fall into the middle of any write. What was written before stays: that is what SIGKILL leaves. With `power`
 * unsynced bytes are cut as well, to a length between the last sync and the last write.
 */
export class CrashDisk implements Disk {
  #left: number;
  readonly #power: number | null;
  readonly #files = new Map<number, { synced: number; written: number }>();
  crashed = false;

  constructor(steps: number, power: number | null = null) {
    this.#left = steps;
    this.#power = power;
  }

  #step(cost = 1): number {
    if (this.crashed) throw new Crashed();
    const done = Math.min(cost, this.#left);
    this.#left -= done;
    this.crashed = done < cost;
    return done;
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#step() === 0) {
      await this.#loseUnsynced();
      throw new Crashed();
    }
    const result = await work();
    // Another file's write has met the crash meanwhile: nobody lives to see this call return.
    if (this.crashed) throw new Crashed();
    return result;
  }

  open(path: string, how: 'existing' | 'create' | 'replace'): Promise<number> {
    return this.#call(async () => {
      const fd = await realDisk.open(path, how);
      this.#files.set(fd, { synced: 0, written: 0 });
      return fd;
    });
  }

  async write(fd: number, bytes: Uint8Array, from: number, length: number, at: number): Promise<number> {
    const done = this.#step(length);
    if (done > 0) await realDisk.write(fd, bytes, from, done, at);
    const file = this.#files.get(fd)!;
    if (file.written === 0) file.synced = at;
    file.written = Math.max(file.written, at + done);
    if (done < length) {
      await this.#loseUnsynced();
      throw new Crashed();
    }
    return done;
  }

  async #loseUnsynced(): Promise<void> {
    if (this.#power === null) return;
    for (const [fd, { synced, written }] of this.#files) {
      if (written > synced)
        await realDisk.truncate(fd, Math.floor(synced + (written - synced) * this.#power));
    }
  }

  sync(fd: number): Promise<void> {
    return this.#call(async () => {
      await realDisk.sync(fd);
      if (this.crashed) return;
      const file = this.#files.get(fd)!;
      file.synced = file.written;
    });
  }
  truncate(fd: number, length: number): Promise<void> {
    return this.#call(() => realDisk.truncate(fd, length));
  }
  /** Files are closed also after the crash: the test goes on in the same process. */
  close(fd: number): Promise<void> {
    this.#files.delete(fd);
    return realDisk.close(fd);
  }
  rename(from: string, to: string): Promise<void> {
    return this.#call(() => realDisk.rename(from, to));
  }
  remove(path: string): Promise<void> {
    return this.#call(() => realDisk.remove(path));
  }
  syncFolder(path: string): Promise<void> {
    return this.#call(() => realDisk.syncFolder(path));
  }
}
