import { StargateError } from '../../errors.js';
import type { Append, AppendOutcome, Position } from '../port.js';
import type { Slice, Tails } from './records.js';

/** One call of append, from its records to its outcome. */
export class Ticket implements Append {
  readonly answer: Promise<AppendOutcome>;
  readonly tails: Tails;
  /** ms on the clock of performance.now(). */
  readonly answerBy: number;
  readonly finalBy: number;
  #answer!: (outcome: AppendOutcome) => void;
  #answered = false;
  #outcome: AppendOutcome | null = null;
  #final: Promise<AppendOutcome> | null = null;
  #settle: ((outcome: AppendOutcome) => void) | null = null;
  /** Records not yet stored. */
  #left: number;
  #first: { partition: number; first: Position | null } | null = null;

  constructor(tails: Tails, answerBy: number, finalBy: number) {
    this.tails = tails;
    this.answerBy = answerBy;
    this.finalBy = Math.max(answerBy, finalBy);
    this.#left = tails.ends.length;
    this.answer = new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** Made only for those who ask: nearly always the answer is final. */
  get final(): Promise<AppendOutcome> {
    this.#final ??= this.#outcome
      ? Promise.resolve(this.#outcome)
      : new Promise((resolve) => {
          this.#settle = resolve;
        });
    return this.#final;
  }

  get records(): number {
    return this.tails.ends.length;
  }
  get settled(): boolean {
    return this.#outcome !== null;
  }
  get answered(): boolean {
    return this.#answered;
  }

  /**
   * Some of its records are stored, the first of them at `first` (-1: nobody knows where). Records of a call that had
   * to be split stand in one partition in order, but others may have come between.
   */
  stored(partition: number, first: number, records: number): void {
    this.#first ??= { partition, first: first < 0 ? null : (first as Position) };
    this.#left -= records;
    if (this.#left > 0 || this.settled) return;
    const { first: position } = this.#first;
    this.#end({ state: 'stored', partition, ...(position !== null && { first: position }) });
  }

  /** Certainly not stored: but of a call that is stored in part nothing is certain. */
  notStored(error: StargateError): void {
    this.#end({ state: this.#left < this.records ? 'unknown' : 'not_stored', error });
  }

  unknown(error: StargateError): void {
    this.#end({ state: 'unknown', error });
  }

  /** The deadline has come without certainty; the outcome comes later. */
  expire(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#answer({ state: 'unknown', error: late('no answer that says so yet') });
  }

  get partlyStored(): boolean {
    return this.#left < this.records;
  }

  #end(outcome: AppendOutcome): void {
    if (this.settled) return;
    this.#outcome = outcome;
    this.#answered = true;
    this.#answer(outcome);
    this.#settle?.(outcome);
  }
}

export const late = (got: string): StargateError =>
  new StargateError('STG_LOG_WRITE', {
    message: 'Kafka has not confirmed the records in time.',
    expected: 'an acknowledgement by all in-sync replicas before the deadline',
    got,
  });

export const wholeOf = (ticket: Ticket): Slice<Ticket> => ({ of: ticket, from: 0, to: ticket.records });

/** Appends that no batch holds yet, first in, first out. */
export class Queue {
  #tickets: Ticket[] = [];
  #head = 0;
  #weight = 0;

  get length(): number {
    return this.#tickets.length - this.#head;
  }
  /** Upper bound of their bytes in a batch. */
  get weight(): number {
    return this.#weight;
  }

  push(ticket: Ticket): void {
    this.#tickets.push(ticket);
    this.#weight += ticket.tails.weight;
  }

  /** The next ones that fit together; at least one, however large. */
  take(most: number): Slice<Ticket>[] {
    const taken: Slice<Ticket>[] = [];
    for (let weight = 0; this.#head < this.#tickets.length; this.#head++) {
      const ticket = this.#tickets[this.#head]!;
      weight += ticket.tails.weight;
      if (taken.length > 0 && weight > most) break;
      taken.push(wholeOf(ticket));
      this.#weight -= ticket.tails.weight;
    }
    this.#compact();
    return taken;
  }

  /** Takes out those that `leave`. */
  remove(leave: (ticket: Ticket) => boolean): Ticket[] {
    const gone: Ticket[] = [];
    const stay: Ticket[] = [];
    for (const ticket of this) (leave(ticket) ? gone : stay).push(ticket);
    this.#tickets = stay;
    this.#head = 0;
    for (const { tails } of gone) this.#weight -= tails.weight;
    return gone;
  }

  *[Symbol.iterator](): Generator<Ticket> {
    for (let i = this.#head; i < this.#tickets.length; i++) yield this.#tickets[i]!;
  }

  /** What has left must not stay reachable: in an outage that would be all memory. */
  #compact(): void {
    if (this.#head < this.#tickets.length && this.#head < 4_096) return;
    this.#tickets.splice(0, this.#head);
    this.#head = 0;
  }
}
