/**
 * The spool: a policy above two logs. Appends go to the log; what it cannot take, or has not confirmed in time, is
 * stored in the spool, a small durable log of this machine, and carried over later. So a log that is away costs
 * nobody an event until the spool is full.
 *
 * - The log has no way to store (`writable` or `accepts` is false): the spool at once. What is carried over from
 *   there tries the log all the time, and so finds out when it takes records again.
 * - `not_stored`: the spool, unless the log refused the records for good: it would refuse them for ever. What it comes
 *   to refuse when it is in the spool is set aside, so that it is neither lost nor in the way.
 * - `unknown` after `patienceMs`: a copy goes to the spool, marked with a ticket, while the log still works on its
 *   batch. The copy is carried over only when the final outcome is known not to be `stored`: nearly always it is.
 * - The spool refuses too: the log's own answer counts, and its final outcome later.
 *
 * A ticket is known to this process alone: after a crash every copy is carried over, perhaps a second time, under
 * the same event_id.
 */
import { isStargateError } from '../../errors.js';
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
  SendCounters,
} from '../port.js';
import { Replay, type ReplayParts, type Spooled } from './replay.js';
import { Tickets } from './tickets.js';

export { Aside } from './aside.js';
export { LateLog } from './late.js';

export interface SpooledOptions extends ReplayParts {
  /** ms that an append waits for the log before a copy goes to the spool. Default 1,000. */
  readonly patienceMs?: number;
  /** Spools that nobody writes any more; what is in them is carried over too. */
  readonly abandoned?: readonly Log[];
}

const PATIENCE_MS = 1_000;
/** Without a deadline of the caller an answer comes within this time. */
const ANSWER_MS = 10_000;

/** Takes all logs over: `close` closes them. The spools must be this process' own, opened for writing and reading. */
export async function openSpooled(log: Log, spool: Log, options: SpooledOptions): Promise<SpooledLog> {
  const { abandoned = [], patienceMs = PATIENCE_MS } = options;
  const tickets = new Tickets();
  const replay = await Replay.start(log, spool, tickets, options);
  const others = await Promise.all(abandoned.map((left) => Replay.start(log, left, new Tickets(), options)));
  return new SpooledLog(log, [spool, ...abandoned], { tickets, replays: [replay, ...others], patienceMs });
}

interface Parts {
  readonly tickets: Tickets;
  /** One a spool. */
  readonly replays: readonly Replay[];
  readonly patienceMs: number;
}

export class SpooledLog implements Log {
  readonly topic: string;
  readonly #log: Log;
  readonly #spools: readonly Log[];
  /** The one that is written. */
  readonly #spool: Log;
  readonly #parts: Parts;
  #closing: Promise<void> | null = null;
  #left: Spooled | null = null;
  /** Events answered from the spool since the start. */
  spooled = 0;

  constructor(log: Log, spools: readonly [Log, ...Log[]], parts: Parts) {
    this.topic = log.topic;
    this.#log = log;
    this.#spools = spools;
    this.#spool = spools[0];
    this.#parts = parts;
  }

  get id(): string {
    return this.#log.id;
  }

  get features(): LogFeatures {
    return { ...this.#log.features, durable: true, lateOutcomes: true };
  }

  get counters(): SendCounters | undefined {
    return this.#log.counters;
  }

  get inflightBytes(): number {
    return this.#log.inflightBytes + this.#spool.inflightBytes;
  }

  get writable(): boolean {
    return this.#log.writable || this.#spool.writable;
  }

  /** What waits to be carried over; when closed, what then waited. */
  async waiting(): Promise<Spooled> {
    if (this.#left) return this.#left;
    const each = await Promise.all(this.#parts.replays.map((replay) => replay.waiting()));
    return {
      records: each.reduce((sum, { records }) => sum + records, 0),
      seconds: Math.max(...each.map(({ seconds }) => seconds)),
      bytes: each.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  append(records: readonly LogRecord[], options: AppendOptions = {}): Append {
    const answerBy = options.answerBy ?? performance.now() + ANSWER_MS;
    if (!this.#takes(records) && this.#spool.writable) {
      const copy = this.#spool.append(records, { answerBy });
      const answer = copy.answer.then((outcome) => this.#fromSpool(outcome, records.length));
      return new Answered(answer, () => copy.final.then(placeless));
    }
    // The spool needs a part of the time for its own sync.
    const now = performance.now();
    const patience = Math.min(this.#parts.patienceMs, Math.max(0, (answerBy - now) / 2));
    const first = this.#log.append(records, { answerBy: now + patience });
    let copy: Append | null = null;
    const answer = first.answer.then((outcome) => {
      if (outcome.state === 'stored' || this.#isNothingForSpool(outcome)) return outcome;
      const ticket = outcome.state === 'unknown' ? this.#parts.tickets.open(first.final) : null;
      copy = this.#copy(records, ticket, answerBy);
      return this.#orSpool(outcome, copy, ticket, records.length);
    });
    return new Answered(answer, () => finalOf(first, copy));
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

  #takes(records: readonly LogRecord[]): boolean {
    return this.#log.writable && (this.#log.accepts?.(records) ?? true);
  }

  #isNothingForSpool({ error }: AppendOutcome): boolean {
    return isStargateError(error, 'STG_LOG_REFUSED') || !this.#spool.writable;
  }

  #copy(records: readonly LogRecord[], ticket: string | null, answerBy: number): Append {
    const copies = ticket === null ? records : this.#parts.tickets.mark(records, ticket);
    return this.#spool.append(copies, { answerBy });
  }

  /** The answer where the log's own is not `stored`. */
  async #orSpool(
    outcome: AppendOutcome,
    { answer, final }: Append,
    ticket: string | null,
    count: number,
  ): Promise<AppendOutcome> {
    const copy = await answer;
    if (copy.state === 'stored') return this.#fromSpool(copy, count);
    // Nothing will ever ask for the ticket of a copy that is not there.
    if (ticket !== null)
      void final.then(({ state }) => state === 'not_stored' && this.#parts.tickets.close(ticket));
    return copy.state === 'unknown' ? copy : outcome;
  }

  #fromSpool(outcome: AppendOutcome, count: number): AppendOutcome {
    if (outcome.state === 'stored') this.spooled += count;
    return placeless(outcome);
  }

  async #close(): Promise<void> {
    await Promise.all(this.#parts.replays.map((replay) => replay.close()));
    await this.#log.close();
    this.#left = await this.waiting().catch(() => null);
    await Promise.all(this.#spools.map((spool) => spool.close()));
  }
}

/** The place in the spool is nobody's business: the record has none in the log yet. */
const placeless = (outcome: AppendOutcome): AppendOutcome =>
  outcome.state === 'stored' ? { state: 'stored' } : outcome;

/**
 * Nearly nobody asks for the final outcome of an append whose answer is not `unknown`: it is made for those who do. A class,
 * since a getter in an object's literal gives each object a shape of its own: that took a quarter of a request's CPU.
 */
class Answered implements Append {
  readonly answer: Promise<AppendOutcome>;
  readonly #unknownAt: () => Promise<AppendOutcome>;

  constructor(answer: Promise<AppendOutcome>, unknownAt: () => Promise<AppendOutcome>) {
    this.answer = answer;
    this.#unknownAt = unknownAt;
  }

  get final(): Promise<AppendOutcome> {
    return this.answer.then((outcome) => (outcome.state === 'unknown' ? this.#unknownAt() : outcome));
  }
}

/** Stored in either is stored: what the spool has goes to the log in the end. Else both have to be certain that it is not. */
async function finalOf(first: Append, copy: Append | null): Promise<AppendOutcome> {
  if (copy === null) return first.final;
  const both = [first.final, copy.final.then(placeless)];
  const [own, spooled] = await firstStored(both);
  return spooled?.state === 'unknown' ? spooled : own!;
}

/** The outcomes of all, or that which is `stored`, alone, as soon as there is one. */
async function firstStored(finals: readonly Promise<AppendOutcome>[]): Promise<AppendOutcome[]> {
  const stored = finals.map((final) =>
    final.then((outcome) => (outcome.state === 'stored' ? [outcome] : new Promise<never>(() => {}))),
  );
  return Promise.race([...stored, Promise.all(finals)]);
}
