import type { LogRecord } from '../port.js';
import { boundOf, encode } from './codec.js';
import type { Ticket } from './ticket.js';

const SMALL = 2 ** 20;

/** What becomes durable together: the records of many calls, encoded one behind the other, and their tickets. */
export class Group {
  bytes: Buffer = Buffer.allocUnsafeSlow(SMALL);
  length = 0;
  /** Records in it. */
  count = 0;
  tickets: Ticket[] = [];

  /** Encodes the records under the offsets from `first` on. Returns the bytes they take. */
  add(records: readonly LogRecord[], bound: number, first: number, ticket: Ticket): number {
    if (this.length + bound > this.bytes.length) this.#grow(this.length + bound);
    const before = this.length;
    let offset = first;
    for (const record of records) {
      this.length = encode(this.bytes, this.length, offset, record);
      offset += 1;
    }
    this.count += records.length;
    this.tickets.push(ticket);
    return this.length - before;
  }

  /** Ready for the next records; a buffer that a burst has made large is given back. */
  clear(): void {
    if (this.bytes.length > 4 * SMALL && this.length < this.bytes.length / 4) {
      this.bytes = Buffer.allocUnsafeSlow(SMALL);
    }
    this.length = 0;
    this.count = 0;
    this.tickets = [];
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** Upper bound in bytes of the records when encoded. */
export function boundOfAll(records: readonly LogRecord[]): number {
  let bound = 0;
  for (const record of records) bound += boundOf(record);
  return bound;
}
