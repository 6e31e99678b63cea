/**
 * Protobuf's wire format (protobuf.dev/programming-guides/encoding), written straight into one buffer that many
 * rows share: no object a field, one copy of each text.
 */
import type { FieldType } from '../../event/fields.js';

const FIRST_BYTES = 256 * 1024;
/** Below it a loop over the characters is cheaper than a call into native code. */
const SHORT = 48;
const TWO_32 = 2 ** 32;
const VARINT = 0;
const BYTES = 2;
const VARINTS: readonly FieldType[] = ['INT64', 'BOOL', 'TIMESTAMP', 'DATE'];

/** What stands before a value: its field's number, and how to read it. */
export const tagOf = (type: FieldType, number: number): number =>
  (number << 3) | (VARINTS.includes(type) ? VARINT : BYTES);

export class Wire {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #at = 0;
  #slack = 0;

  get at(): number {
    return this.#at;
  }

  /** Forgets what was written behind `at`: a row that turned out not to fit. */
  rewind(at: number): void {
    this.#at = at;
  }

  /** What was written from `from` on. Stays valid: a buffer that is full is left to those who hold parts of it. */
  since(from: number): Buffer {
    return this.#bytes.subarray(from, this.#at);
  }

  /**
   * Before each row: room for `bytes` of it, perhaps in a new buffer. They must do for all but long texts, which
   * are measured before they are written: a write behind a buffer's end would be lost without a word.
   */
  reserve(bytes: number): void {
    this.#slack = bytes;
    if (this.#at + 2 * bytes <= this.#bytes.length) return;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * bytes));
    this.#at = 0;
  }

  /** A number from 0 to 2³¹ − 1: tags, lengths. */
  uint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  /** A safe integer as int64 or int32: below zero it takes ten bytes, two's complement. */
  int(value: number): void {
    if (value < 0) this.#negative(BigInt.asUintN(64, BigInt(value)));
    else this.#positive(value);
  }

  #positive(value: number): void {
    let rest = value;
    while (rest >= TWO_32) {
      this.#bytes[this.#at++] = (rest & 127) | 128;
      rest = Math.floor(rest / 128);
    }
    let low = rest >>> 0;
    while (low > 127) {
      this.#bytes[this.#at++] = (low & 127) | 128;
      low >>>= 7;
    }
    this.#bytes[this.#at++] = low;
  }

  /** Length and UTF-8 of a text; lone surrogates become U+FFFD. */
  text(value: string): void {
    const { length } = value;
    if (length >= SHORT || !this.#ascii(value)) {
      const size = Buffer.byteLength(value);
      if (this.#at + size + this.#slack > this.#bytes.length) this.#grow(size);
      this.uint(size);
      this.#at += this.#bytes.write(value, this.#at, size === length ? 'latin1' : 'utf8');
    }
  }

  /** Length and bytes of a text that is UTF-8 already. No longer than half of what was reserved. */
  bytes(from: Buffer, begin: number, end: number): void {
    const size = end - begin;
    this.uint(size);
    if (size < SHORT) for (let i = begin; i < end; i++) this.#bytes[this.#at++] = from[i]!;
    else this.#at += from.copy(this.#bytes, this.#at, begin, end);
  }

  /** Begins a message whose length is not known yet; `close` moves it where its length needs more than a byte. */
  open(): number {
    return ++this.#at;
  }

  close(begin: number): void {
    const size = this.#at - begin;
    if (size > 127) {
      const more = size < 2 ** 14 ? 1 : size < 2 ** 21 ? 2 : 3;
      this.#bytes.copyWithin(begin + more, begin, this.#at);
      this.#at = begin - 1;
      this.uint(size);
      this.#at += size;
    } else this.#bytes[begin - 1] = size;
  }

  /** Positions stay as they are; what others hold stays in the buffer before. */
  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(2 * (this.#at + bytes + this.#slack));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }

  #negative(value: bigint): void {
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
    this.#bytes[this.#at++] = Number(rest);
  }

  /** A short text of ASCII alone; false, and nothing written, where it is another. */
  #ascii(value: string): boolean {
    const begin = this.#at + 1;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) return false;
      this.#bytes[begin + i] = code;
    }
    this.#bytes[this.#at] = value.length;
    this.#at = begin + value.length;
    return true;
  }
}
