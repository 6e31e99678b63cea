import { type Disk, realDisk } from '../../src/log/embedded/disk.js';

type Fault = 'write' | 'sync' | 'truncate' | 'open';
const failure = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });

/** The real disk, but for the faults that are switched on. Small files, such as positions, are left alone. */
export class SickDisk implements Disk {
  /** Error code of the next and all further calls of that kind. */
  readonly faults = new Map<Fault, string>();
  /** Most bytes that one write takes. */
  atMost = Number.POSITIVE_INFINITY;
  /** While set, syncs wait for it. */
  hang: Promise<void> | null = null;

  #meet(fault: Fault): void {
    const code = this.faults.get(fault);
    if (code) throw failure(code);
  }

  async open(path: string, how: 'existing' | 'create' | 'replace'): Promise<number> {
    this.#meet('open');
    return realDisk.open(path, how);
  }
  async write(fd: number, bytes: Uint8Array, from: number, length: number, at: number): Promise<number> {
    const part = Math.min(length, this.atMost);
    // As a full disk does it: what fits is written without an error, the next call fails.
    if (this.faults.has('write') && length > 32) {
      if (length <= 64) this.#meet('write');
      return realDisk.write(fd, bytes, from, Math.min(part, length - 64), at);
    }
    return realDisk.write(fd, bytes, from, part, at);
  }
  async sync(fd: number): Promise<void> {
    await this.hang;
    this.#meet('sync');
    return realDisk.sync(fd);
  }
  async truncate(fd: number, length: number): Promise<void> {
    this.#meet('truncate');
    return realDisk.truncate(fd, length);
  }
  close = realDisk.close;
  rename = realDisk.rename;
  remove = realDisk.remove;
  syncFolder = realDisk.syncFolder;
}
