import * as fs from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Where the durable part of a partition ends: the next offset, and the byte position in the newest segment. */
export interface DurableEnd {
  readonly offset: number;
  /** Base of the newest segment. */
  readonly base: number;
  /** Bytes of it that are durable. */
  readonly bytes: number;
}

/**
 * The file `end` of a partition, by which its writer tells readers in other processes how far they may go. Two
 * slots of u32 CRC, u32 sequence, f64 offset, f64 base, f64 bytes are written in turn, so one is always whole.
 *
 * It is never synced. It is written only after the sync of the data that it speaks of, so whatever state of it
 * survives a power cut is at or before the durable end: recovery starts there and scans the rest.
 */
const SLOT = 32;

function slotAt(bytes: Buffer, at: number): { end: DurableEnd; sequence: number } | null {
  if (crc32(bytes.subarray(at + 4, at + SLOT)) !== bytes.readUInt32LE(at)) return null;
  const [offset, base, length] = [8, 16, 24].map((field) => bytes.readDoubleLE(at + field));
  return { end: { offset: offset!, base: base!, bytes: length! }, sequence: bytes.readUInt32LE(at + 4) };
}

/** Reads a partition's end; reuses one buffer, so a poll costs a few µs. */
export class EndReader {
  #fd: number | null = null;
  readonly #path: string;
  readonly #bytes = Buffer.alloc(2 * SLOT);

  constructor(folder: string) {
    this.#path = join(folder, 'end');
  }

  /** The newest whole slot; null while there is none. Synchronous: 64 bytes from the page cache. */
  read(): { end: DurableEnd; sequence: number } | null {
    try {
      this.#fd ??= fs.openSync(this.#path, 'r');
    } catch {
      return null;
    }
    this.#bytes.fill(0, fs.readSync(this.#fd, this.#bytes, 0, 2 * SLOT, 0));
    const [a, b] = [slotAt(this.#bytes, 0), slotAt(this.#bytes, SLOT)];
    return a && b ? (a.sequence > b.sequence ? a : b) : (a ?? b);
  }

  close(): void {
    if (this.#fd !== null) fs.closeSync(this.#fd);
    this.#fd = null;
  }
}

/** Publishes a partition's end, the latest value only, one write under way at a time. */
export class EndPublisher {
  readonly #fd: number;
  readonly #bytes = Buffer.alloc(SLOT);
  #sequence: number;
  #next: DurableEnd | null = null;
  #running: Promise<void> | null = null;

  constructor(folder: string, sequence: number) {
    this.#fd = fs.openSync(join(folder, 'end'), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    this.#sequence = sequence;
  }

  /** Never waits and never fails: the end published late costs readers time, not data. */
  publish(end: DurableEnd): void {
    this.#next = end;
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
  }

  async #drain(): Promise<void> {
    while (this.#next !== null) {
      this.#encode(this.#next);
      this.#next = null;
      const at = (this.#sequence % 2) * SLOT;
      await new Promise<void>((resolve) => {
        fs.write(this.#fd, this.#bytes, 0, SLOT, at, () => resolve());
      });
    }
  }

  #encode(end: DurableEnd): void {
    this.#sequence += 1;
    this.#bytes.writeUInt32LE(this.#sequence, 4);
    this.#bytes.writeDoubleLE(end.offset, 8);
    this.#bytes.writeDoubleLE(end.base, 16);
    this.#bytes.writeDoubleLE(end.bytes, 24);
    this.#bytes.writeUInt32LE(crc32(this.#bytes.subarray(4)), 0);
  }

  /** Waits for the last end to be published. */
  async close(): Promise<void> {
    while (this.#running) await this.#running;
    fs.closeSync(this.#fd);
  }
}
