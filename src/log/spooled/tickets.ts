import { randomUUID } from 'node:crypto';
import type { AppendOutcome, LogRecord } from '../port.js';

/** Name of the header that marks a copy; it stays in the spool. */
const HEADER = 'stargate_spool';

/**
 * Outcomes that were not known when a copy went to the spool, by the ticket in the copies' headers. Each is asked for
 * once, when the copies' turn has come. Bounded by what the log lets be in flight.
 */
export class Tickets {
  /** Numbers of an earlier run mean nothing. */
  readonly #run = randomUUID();
  readonly #outcomes = new Map<string, { final: Promise<AppendOutcome>; settled: boolean }>();
  #next = 0;
  #asked = '';

  /** Outcomes kept. */
  get size(): number {
    return this.#outcomes.size;
  }

  open(final: Promise<AppendOutcome>): string {
    const ticket = `${this.#run} ${this.#next++}`;
    const entry = { final, settled: false };
    final.then(() => {
      entry.settled = true;
    });
    this.#outcomes.set(ticket, entry);
    return ticket;
  }

  close(ticket: string): void {
    this.#outcomes.delete(ticket);
  }

  mark(records: readonly LogRecord[], ticket: string): LogRecord[] {
    return records.map((record) => ({ ...record, headers: { ...record.headers, [HEADER]: ticket } }));
  }

  /** The ticket of a copy, or null; and the record as it was. */
  read(copy: LogRecord): { readonly ticket: string | null; readonly record: LogRecord } {
    const { key, value, timestamp, headers } = copy;
    if (headers?.[HEADER] === undefined) return { ticket: null, record: copy };
    const { [HEADER]: ticket, ...others } = headers;
    const record = { key, value, timestamp, ...(Object.keys(others).length > 0 && { headers: others }) };
    return { ticket, record };
  }

  /** True when nobody has to wait to learn the outcome. */
  isSettled(ticket: string): boolean {
    return this.#outcomes.get(ticket)?.settled ?? true;
  }

  /**
   * Whether the copies' batch is in the log after all; false for tickets of an earlier run. Asked in the order of the
   * spool, where the copies of a ticket stand together: the ticket before is of no more use.
   */
  async isStored(ticket: string): Promise<boolean> {
    if (this.#asked !== ticket) this.close(this.#asked);
    this.#asked = ticket;
    return (await this.#outcomes.get(ticket)?.final)?.state === 'stored';
  }
}
