/** Appends waiting to be sent, and how they become requests. */
import type { AppendReceipt } from '../port.js';

/** A request may have 10 MB; small ones are answered sooner, and 1 MB costs no more per row. */
const MOST_ROWS = 2_000;
const MOST_BYTES = 2 ** 20;

/** One call of `append`: its rows until they are stored. */
export interface Job {
  /** Offset in the stream of its first row. */
  readonly begin: number;
  /** Rows before the refused one, where one is. */
  rows: readonly Buffer[];
  sent: number;
  stored: number;
  refused: { readonly index: number; readonly message: string } | null;
  resolve(receipt: AppendReceipt): void;
  reject(error: unknown): void;
}

export interface Part {
  readonly job: Job;
  readonly count: number;
}

export interface Request {
  readonly offset: number;
  readonly rows: readonly Buffer[];
  readonly parts: readonly Part[];
}

/** Rows of several appends, in order, that go into requests together: a request costs as much as many rows. */
export class Outbox {
  readonly #jobs: Job[] = [];
  #rows = 0;
  #bytes = 0;

  get empty(): boolean {
    return this.#rows === 0;
  }

  /** Whether the next request could not be larger. */
  get full(): boolean {
    return this.#rows >= MOST_ROWS || this.#bytes >= MOST_BYTES;
  }

  add(job: Job): void {
    if (job.rows.length === 0) return;
    this.#jobs.push(job);
    this.#rows += job.rows.length;
    for (const row of job.rows) this.#bytes += row.length;
  }

  /** The next request, from `offset` on; at least one row. */
  take(offset: number): Request {
    const rows: Buffer[] = [];
    const parts: Part[] = [];
    for (let room = MOST_BYTES; this.#jobs.length > 0 && room > 0 && rows.length < MOST_ROWS; ) {
      const job = this.#jobs[0]!;
      const before = rows.length;
      for (
        let row = job.rows[job.sent];
        row && room > 0 && rows.length < MOST_ROWS;
        row = job.rows[job.sent]
      ) {
        // A single row may be larger than all of it.
        if (row.length > room && rows.length > 0) room = 0;
        else {
          rows.push(row);
          room -= row.length;
          this.#bytes -= row.length;
          job.sent++;
        }
      }
      if (rows.length > before) parts.push({ job, count: rows.length - before });
      if (job.sent === job.rows.length) this.#jobs.shift();
    }
    this.#rows -= rows.length;
    return { offset, rows, parts };
  }

  /** Nothing of it is sent any more. */
  clear(): void {
    this.#jobs.length = 0;
    this.#rows = 0;
    this.#bytes = 0;
  }
}

/** The append that row `index` of a request belongs to, and its place in that. */
export function placeOf({ parts }: Request, index: number): { job: Job; index: number } {
  let left = index;
  for (const { job, count } of parts) {
    // Rows of earlier requests of the same append are stored: answers come in order.
    if (left < count) return { job, index: job.stored + left };
    left -= count;
  }
  throw new RangeError(`row ${index} of a request that has fewer`);
}

/** The rows of a request before `index`, as a request of their own. */
export function before({ offset, rows, parts }: Request, index: number): Request {
  const kept: Part[] = [];
  let left = index;
  for (const { job, count } of parts) {
    if (left > 0) kept.push({ job, count: Math.min(count, left) });
    left -= count;
  }
  return { offset, rows: rows.slice(0, index), parts: kept };
}
