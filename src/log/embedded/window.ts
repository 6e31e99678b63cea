import { read } from 'node:fs';
import { BAD, intact, offsetAt, SHORT, sizeAt } from './codec.js';

const CHUNK = 2 ** 20;

/** Reads until `length` bytes are there or the file ends. */
export async function readFully(fd: number, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const got = await new Promise<number>((resolve, reject) => {
      read(fd, bytes, done, length - done, at + done, (error, n) => (error ? reject(error) : resolve(n)));
    });
    if (got === 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
}

/**
 * Walks over the records of a file between `at` and `limit`, a mebibyte of it in memory at a time. Bytes already
 * loaded are looked at without a promise: that is what makes reading cheap.
 */
export class Window {
  readonly #fd: number;
  #from = 0;
  #bytes: Buffer = Buffer.alloc(0);
  /** Position in the file. */
  at: number;
  /** Nothing from here on belongs to the walk. It may grow. */
  limit: number;

  constructor(fd: number, at: number, limit: number) {
    this.#fd = fd;
    this.at = at;
    this.limit = limit;
  }

  /** The loaded bytes; the record at `at` begins at `index` in them. */
  get bytes(): Buffer {
    return this.#bytes;
  }
  get index(): number {
    return this.at - this.#from;
  }

  /** Size of the intact record at `at`; SHORT when more bytes must be loaded to tell; BAD when there is none. */
  size(): number {
    const size = sizeAt(this.#bytes, this.index, this.#bytes.length);
    return size > 0 && !intact(this.#bytes, this.index, size) ? BAD : size;
  }

  /** `size()`, after loading what it takes: never SHORT; a record cut off by the limit is BAD. */
  async load(): Promise<number> {
    await this.#read(Math.min(CHUNK, this.limit - this.at));
    if (this.size() !== SHORT) return this.size();
    if (this.#bytes.length < 8) return BAD;
    const whole = 8 + this.#bytes.readUInt32LE(0);
    if (whole <= this.#bytes.length || this.at + whole > this.limit) return BAD;
    await this.#read(whole);
    const size = this.size();
    return size === SHORT ? BAD : size;
  }

  async #read(length: number): Promise<void> {
    this.#bytes = await readFully(this.#fd, this.at, length);
    this.#from = this.at;
  }

  /**
   * Moves to the next intact record behind a bad place, whose offset lies in [least, most). False, and nothing
   * moved, when there is none. Every byte position is tried; the offset rules out nearly all of them.
   */
  async resync(least: number, most: number): Promise<boolean> {
    const bad = this.at;
    for (let from = bad + 1; from < this.limit; from += CHUNK) {
      const bytes = await readFully(this.#fd, from, Math.min(CHUNK + 16, this.limit - from));
      for (let p = 0; p < CHUNK && p + 16 <= bytes.length; p++) {
        const offset = offsetAt(bytes, p);
        if (offset < least || offset >= most || sizeAt(bytes, p, this.limit - from) <= 0) continue;
        this.at = from + p;
        if ((await this.load()) > 0) return true;
      }
    }
    this.at = bad;
    this.#bytes = Buffer.alloc(0);
    return false;
  }
}
