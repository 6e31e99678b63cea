import { StargateError } from '../../errors.js';
import type { Append, AppendOutcome } from '../port.js';

/** One call of `append`: its answer, which is at hand by a deadline, and its final outcome. */
export class Ticket implements Append {
  readonly answer: Promise<AppendOutcome>;
  /** Offset of the call's first record, if it will be stored. */
  readonly first: number;
  /** ms on the clock of performance.now(). */
  readonly answerBy: number;
  #answer!: (outcome: AppendOutcome) => void;
  #outcome: AppendOutcome | null = null;
  #final: Promise<AppendOutcome> | null = null;
  #settle: ((outcome: AppendOutcome) => void) | null = null;

  constructor(first: number, answerBy: number) {
    this.first = first;
    this.answerBy = answerBy;
    this.answer = new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** Made only for those who ask: on the collector's path the answer is nearly always final. */
  get final(): Promise<AppendOutcome> {
    this.#final ??= this.#outcome
      ? Promise.resolve(this.#outcome)
      : new Promise((resolve) => {
          this.#settle = resolve;
        });
    return this.#final;
  }

  settle(outcome: AppendOutcome): void {
    this.#outcome = outcome;
    this.#answer(outcome);
    this.#settle?.(outcome);
  }

  /** The deadline has come: the answer is `unknown`, and the outcome comes later. */
  expire(): void {
    const error = new StargateError('STG_LOG_WRITE', {
      message: 'The disk has not confirmed the records in time.',
      expected: 'a sync before the deadline',
      got: 'a sync still under way',
    });
    this.#answer({ state: 'unknown', error });
  }
}

/** Answers tickets whose deadline has come, with one timer for all. */
export class Deadlines {
  readonly #open: () => Iterable<Ticket>;
  #timer: NodeJS.Timeout | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(open: () => Iterable<Ticket>) {
    this.#open = open;
  }

  watch(answerBy: number): void {
    if (answerBy < this.#armedFor) this.#arm(answerBy);
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
  }

  #arm(answerBy: number): void {
    this.close();
    this.#armedFor = answerBy;
    this.#timer = setTimeout(() => this.#check(), Math.max(0, answerBy - performance.now()));
    this.#timer.unref();
  }

  #check(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const ticket of this.#open()) {
      if (ticket.answerBy <= now) ticket.expire();
      else next = Math.min(next, ticket.answerBy);
    }
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
  }
}
