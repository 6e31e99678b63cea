/** A log whose outcomes the test decides: the one thing that no real log can be asked for. */
import type { Append, AppendOutcome, Log, LogRecord, Position } from '../../../src/log/port.js';

export class ScriptedLog implements Log {
  readonly id = 'scripted';
  readonly topic = 'scripted';
  readonly features = { durable: false, sharedGroups: false, lateOutcomes: true, bounded: false };
  readonly appended: (readonly LogRecord[])[] = [];
  readonly answerBy: (number | undefined)[] = [];
  readonly #pending: ((outcome: AppendOutcome) => void)[] = [];
  inflightBytes = 0;
  writable = true;
  /** What appends answer at once; null: they wait for `release`. */
  outcome: 'stored' | 'not_stored' | 'unknown' | null = 'stored';
  #next = 0;

  append(records: readonly LogRecord[], options: { answerBy?: number } = {}): Append {
    this.appended.push(records);
    this.answerBy.push(options.answerBy);
    const first = this.#next as Position;
    this.#next += records.length;
    const complete = (state: AppendOutcome['state']): AppendOutcome =>
      state === 'stored' ? { state, partition: 0, first } : { state, error: new Error('scripted') };
    const answer = this.outcome
      ? Promise.resolve(complete(this.outcome))
      : new Promise<AppendOutcome>((resolve) =>
          this.#pending.push((outcome) => resolve(complete(outcome.state))),
        );
    return { answer, final: answer };
  }

  /** Settles everything that waits, as one group commit does. */
  release(state: AppendOutcome['state'] = 'stored'): void {
    for (const settle of this.#pending.splice(0)) settle({ state });
  }

  get waiting(): number {
    return this.#pending.length;
  }

  get records(): Record<string, unknown>[] {
    return this.appended.flat().map(({ value }) => JSON.parse(value.toString()));
  }

  consume(): never {
    throw new Error('this log is only written to');
  }

  async lag() {
    return [];
  }

  async close(): Promise<void> {}
}
