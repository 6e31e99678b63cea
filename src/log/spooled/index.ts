/**
 * The spool: a policy above two logs. Appends go to the log; what it cannot take, or has not confirmed in time, is
 * stored in the spool, a small durable log of this machine, and carried over later. So a log that is away costs
 * nobody an event until the spool is full.
 *
 * - The log has no way to store (`writable` is false): the spool at once.
 * - `not_stored`: the spool.
 * - `unknown` after `patienceMs`: a copy goes to the spool, marked with a ticket, while the log still works on its
 *   batch. The copy is carried over only when the final outcome is known not to be `stored`: nearly always it is.
 * - The spool refuses too: the log's own answer counts, and its final outcome later.
 *
 * A ticket is known to this process alone: after a crash every copy is carried over, perhaps a second time, under
 * the same event_id.
 */
import type {
  Append,
  AppendOptions,
  AppendOutcome,
  ConsumeHandlers,
  ConsumeOptions,
  Consumer,
  Log,
  LogFeatures,
  LogRecord,
  PartitionLag,
} from '../port.js';
import { Replay, type ReplayOptions, type Spooled } from './replay.js';
import { Tickets } from './tickets.js';

export interface SpooledOptions extends Partial<ReplayOptions> {
  /** ms that an append waits for the log before a copy goes to the spool. Default 1,000. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 1_000;
/** Without a deadline of the caller an answer comes within this time. */
const ANSWER_MS = 10_000;

/** Takes both logs over: `close` closes them. The spool must be this process' own, opened for writing and reading. */
export async function openSpooled(log: Log, spool: Log, options: SpooledOptions = {}): Promise<SpooledLog> {
  const tickets = new Tickets();
  const replay = await Replay.start(log, spool, tickets, options);
  return new SpooledLog(log, spool, { tickets, replay, patienceMs: options.patienceMs ?? PATIENCE_MS });
}

interface Parts {
  readonly tickets: Tickets;
  readonly replay: Replay;
  readonly patienceMs: number;
}

export class SpooledLog implements Log {
  readonly id: string;
  readonly topic: string;
  readonly features: LogFeatures;
  readonly #log: Log;
  readonly #spool: Log;
  readonly #parts: Parts;
  #closing: Promise<void> | null = null;
  /** Events answered from the spool since the start. */
  spooled = 0;

  constructor(log: Log, spool: Log, parts: Parts) {
    this.id = log.id;
    this.topic = log.topic;
    this.features = { ...log.features, durable: true, lateOutcomes: true };
    this.#log = log;
    this.#spool = spool;
    this.#parts = parts;
  }

  get inflightBytes(): number {
    return this.#log.inflightBytes + this.#spool.inflightBytes;
  }

  get writable(): boolean {
    return this.#log.writable || this.#spool.writable;
  }

  /** What waits to be carried over. */
  waiting(): Promise<Spooled> {
    return this.#parts.replay.waiting();
  }

  append(records: readonly LogRecord[], options: AppendOptions = {}): Append {
    const answerBy = options.answerBy ?? performance.now() + ANSWER_MS;
    if (!this.#log.writable && this.#spool.writable) {
      const copy = this.#spool.append(records, { answerBy });
      const answer = copy.answer.then((outcome) => this.#fromSpool(outcome, records.length));
      return { answer, final: answer };
    }
    // The spool needs a part of the time for its own sync.
    const now = performance.now();
    const patience = Math.min(this.#parts.patienceMs, Math.max(0, (answerBy - now) / 2));
    const first = this.#log.append(records, { answerBy: now + patience });
    const answer = first.answer.then((outcome) => this.#orSpool(outcome, first, records, answerBy));
    return { answer, final: answer.then((outcome) => (outcome.state === 'unknown' ? first.final : outcome)) };
  }

  consume(group: string, handlers: ConsumeHandlers, options?: ConsumeOptions): Promise<Consumer> {
    return this.#log.consume(group, handlers, options);
  }

  lag(group: string): Promise<readonly PartitionLag[]> {
    return this.#log.lag(group);
  }

  /** Carries over what it can meanwhile; the rest stays in the spool for the next start. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #orSpool(
    outcome: AppendOutcome,
    first: Append,
    records: readonly LogRecord[],
    answerBy: number,
  ): Promise<AppendOutcome> {
    if (outcome.state === 'stored' || !this.#spool.writable) return outcome;
    const { tickets } = this.#parts;
    const ticket = outcome.state === 'unknown' ? tickets.open(first.final) : null;
    const copies = ticket === null ? records : tickets.mark(records, ticket);
    const copy = await this.#spool.append(copies, { answerBy }).answer;
    if (copy.state === 'stored') return this.#fromSpool(copy, records.length);
    // Nothing will ever ask for it: the copy is not there.
    if (ticket !== null && copy.state === 'not_stored') tickets.close(ticket);
    return copy.state === 'unknown' ? { ...copy, state: 'unknown' } : outcome;
  }

  /** The place in the spool is nobody's business: the record has none in the log yet. */
  #fromSpool(outcome: AppendOutcome, count: number): AppendOutcome {
    if (outcome.state !== 'stored') return outcome;
    this.spooled += count;
    return { state: 'stored' };
  }

  async #close(): Promise<void> {
    await this.#parts.replay.close();
    await this.#log.close();
    await this.#spool.close();
  }
}
