import { StargateError } from '../../errors.js';
import { type Batch, type Counters, halves, type Identity } from './batch.js';
import { type Codec, encodeBatch, type Slice, weightOf } from './records.js';
import { late, Queue, type Ticket } from './ticket.js';
import { type Answer, isTooFew, judge, kindOf, nameOf, type Refusal, type Verdict } from './verdict.js';

/** What the partitions of a topic share. */
export interface Shared {
  readonly queue: Queue;
  readonly maxBatchBytes: number;
  readonly codec: Codec | null;
  readonly crc32c: (bytes: Buffer) => number;
  readonly counters: Counters;
  /** What new batches are signed with; null until there is one. */
  readonly identity: Identity | null;
  /** This identity must not be used again. */
  retire(identity: Identity): void;
  refresh(): void;
  /** An append has its outcome. */
  settled(ticket: Ticket): void;
  warn(message: string): void;
  /** Until when some partition may have too few replicas: nearly always none has, and not all need be looked at. */
  tooFewUntil: number;
}

const SEQUENCES = 2 ** 31;
/** After an answer that asks for new metadata a batch waits for it, but not for ever. */
const METADATA_MS = 2_000;
/** For so long the topic's id is asked for, so often: a broker can hear later than others of a topic made anew. */
const HELD_MS = 3_000;
const ASK_MS = 50;
/** What waits for a partition with too few replicas would wait in vain, until an answer is better or this is over. */
const TOO_FEW_MS = 5_000;

/** An acknowledgement that counts only if the topic turns out to be another one. */
interface Held {
  readonly first: number;
  readonly until: number;
  /** The next question, once there is to be one. */
  timer: NodeJS.Timeout | null;
}

/**
 * One partition: at most one batch on its way, and the sequence of its numbers. The sequence moves on only when a batch
 * is stored; whatever was sent and then dropped takes its identity with it, so that no number is used for two batches.
 */
export class Partition {
  readonly id: number;
  /** Appends with a key. */
  readonly queue = new Queue();
  batch: Batch | null = null;
  /** When the batch may be sent again, on the clock of performance.now(). */
  retryAt = 0;
  readonly #shared: Shared;
  /** Parts of batches that were taken back; they come before the queues. */
  #todo: (readonly Slice<Ticket>[])[] = [];
  #identity: Identity | null = null;
  #next = 0;
  #lastOffset = -1;
  #failures = 0;
  #notBefore = 0;
  #held: Held | null = null;
  /** On its way while the topic was made anew: an offset of the old one says nothing of the new one. */
  #older: Batch | null = null;
  #tooFewUntil = 0;

  constructor(id: number, shared: Shared) {
    this.id = id;
    this.#shared = shared;
  }

  /** The batch to send next, if there is anything: from the shared queue only where `share` says so. */
  build(share: boolean): Batch | null {
    const { queue, maxBatchBytes, codec, crc32c, counters, identity } = this.#shared;
    const again = this.#back();
    const shared = again === null && this.queue.length === 0;
    const slices = again ?? (!shared ? this.queue : share ? queue : null)?.take(maxBatchBytes) ?? [];
    if (slices.length === 0) return null;
    if (this.#identity !== identity) [this.#identity, this.#next] = [identity!, 0];
    const signed = { identity: identity!, sequence: this.#next };
    const signature = { ...signed.identity, sequence: signed.sequence };
    const weight = slices.reduce((sum, slice) => sum + weightOf(slice), 0);
    const records = slices.reduce((sum, { from, to }) => sum + to - from, 0);
    const bytes = encodeBatch(slices, weight, signature, codec, crc32c);
    const state = { attempts: 0, inFlight: false, ambiguous: false, refusal: 'never sent' };
    this.batch = { partition: this, slices, records, ...signed, bytes, shared, ...state };
    [this.retryAt, this.#notBefore, this.#failures] = [0, 0, 0];
    counters.batches += 1;
    return this.batch;
  }

  /** The first part that was taken back, without the appends that have failed meanwhile. */
  #back(): readonly Slice<Ticket>[] | null {
    while (this.#todo.length > 0) {
      const left = this.#todo.shift()!.filter(({ of }) => !of.settled);
      if (left.length > 0) return left;
    }
    return null;
  }

  /** Whether a batch is on its way, or one that was given up may still be. */
  get busy(): boolean {
    return this.batch !== null || this.#givenUp !== null;
  }

  /** False where the last answer was that there are too few replicas. */
  accepts(now: number): boolean {
    return now >= this.#tooFewUntil;
  }

  /** The request of a batch that was given up has ended. */
  ended(batch: Batch): void {
    if (this.#givenUp === batch) this.#givenUp = null;
  }

  /** The broker's answer for the batch; null when the broker answered, but left this partition out. */
  answered(answer: Answer): void {
    const batch = this.batch!;
    batch.inFlight = false;
    const { ambiguous, attempts, records } = batch;
    this.#tooFewUntil = isTooFew(answer) ? performance.now() + TOO_FEW_MS : 0;
    this.#shared.tooFewUntil = Math.max(this.#shared.tooFewUntil, this.#tooFewUntil);
    if (answer?.code !== 0) this.#count(answer === null ? 'MISSING' : kindOf(answer.code));
    this.#obey(batch, judge(answer, { ambiguous, attempts, records, lastOffset: this.#lastOffset }), answer);
    if (batch === this.#older) this.#lastOffset = -1;
    this.#older = null;
  }

  /** The request got no answer and will get none: the batch may be stored or not. */
  unanswered(): void {
    const batch = this.batch!;
    batch.inFlight = false;
    batch.ambiguous = true;
    batch.refusal = 'no answer';
    this.#older = null;
    this.#count('UNANSWERED');
    this.#again(false);
  }

  /** New metadata has come; with a new leader there is no reason to wait. */
  told(moved: boolean): void {
    if (this.#held) this.#stillTheSame(this.batch!, this.#held);
    else this.retryAt = moved ? 0 : Math.min(this.retryAt, this.#notBefore);
  }

  /** The topic was deleted and made anew: offsets begin at 0, and no broker knows the numbers. */
  remade(): void {
    this.#lastOffset = -1;
    this.#retire();
    const held = this.#held;
    this.#held = null;
    if (held) this.#store(this.batch!, held.first);
    else if (this.batch?.inFlight) this.#older = this.batch;
  }

  /** As far as the broker knows that was asked; after a while all must know, so the offset was another batch's. */
  #stillTheSame(batch: Batch, held: Held): void {
    if (performance.now() >= held.until) {
      this.#doubt(batch, batch.refusal);
      return;
    }
    held.timer ??= setTimeout(() => {
      held.timer = null;
      if (this.#held === held) this.#shared.refresh();
    }, ASK_MS);
  }

  /** Answers whoever's deadline lies at or before `by`. */
  expire(by: number): void {
    for (const ticket of this.queue.remove(({ answerBy }) => answerBy <= by))
      this.#notStored(ticket, 'no leader');
    if (this.batch) this.#expireBatch(this.batch, by);
    for (const { of: ticket } of this.#todo.flat()) if (ticket.answerBy <= by) this.#expireTodo(ticket, by);
  }

  *open(): Generator<Ticket> {
    yield* this.queue;
    for (const { of } of [...(this.batch?.slices ?? []), ...this.#todo.flat()]) if (!of.settled) yield of;
  }

  #expireBatch(batch: Batch, by: number): void {
    const due = batch.slices.filter(({ of }) => of.answerBy <= by);
    if (due.length === 0) return;
    if (!batch.inFlight && !batch.ambiguous) {
      this.#retire();
      this.#takeBack([batch.slices]);
    } else if (batch.slices.some(({ of }) => of.finalBy <= by)) this.#doubt(batch, batch.refusal);
    else for (const { of } of due) of.expire();
  }

  #expireTodo(ticket: Ticket, by: number): void {
    const underWay = this.batch?.slices.some(({ of }) => of === ticket) ?? false;
    if (!ticket.partlyStored && !underWay) this.#notStored(ticket, 'a refusal by the broker');
    else if (ticket.finalBy <= by)
      this.#end(ticket, () => ticket.unknown(late('only a part of them confirmed')));
    else ticket.expire();
  }

  #obey(batch: Batch, verdict: Verdict, answer: Answer): void {
    const why = answer === null ? 'no answer for the partition' : nameOf(answer.code);
    switch (verdict.do) {
      case 'store':
        this.#store(batch, verdict.first);
        break;
      case 'again':
        batch.ambiguous ||= verdict.ambiguous;
        batch.refusal = why;
        this.#again(verdict.refresh);
        break;
      case 'renumber':
        this.#shared.warn(`Kafka, partition ${this.id}: ${why}; its records are sent under new numbers.`);
        this.#retire();
        this.#takeBack([batch.slices]);
        break;
      case 'split':
        this.#shared.counters.splits += 1;
        this.#takeBack(halves(batch));
        break;
      case 'refuse':
        this.#refuse(batch, verdict.as, why);
        break;
      case 'ask':
        this.#hold(batch, verdict);
        break;
      case 'doubt':
        this.#shared.refresh();
        this.#doubt(batch, verdict.why);
    }
  }

  /** It has its answer, and is not sent again: what the answer means is known when the topic's id is. */
  #hold(batch: Batch, { first, why }: { readonly first: number; readonly why: string }): void {
    batch.ambiguous = true;
    batch.refusal = why;
    this.retryAt = Number.POSITIVE_INFINITY;
    this.#held = { first, until: performance.now() + HELD_MS, timer: null };
    this.#shared.refresh();
  }

  #store(batch: Batch, first: number): void {
    this.batch = null;
    this.#next = (batch.sequence + batch.records) % SEQUENCES;
    if (first >= 0) this.#lastOffset = first + batch.records - 1;
    let at = first;
    for (const { of, from, to } of batch.slices) {
      this.#end(of, () => of.stored(this.id, at, to - from));
      if (at >= 0) at += to - from;
    }
  }

  #again(refresh: boolean): void {
    const wait = Math.min(30 * 2 ** Math.min(this.#failures, 4), 500);
    this.#failures += 1;
    this.#notBefore = performance.now() + wait * (0.8 + Math.random() * 0.4);
    this.retryAt = refresh ? performance.now() + METADATA_MS : this.#notBefore;
    if (refresh) this.#shared.refresh();
  }

  /** Nothing of the running batch is stored: its parts are sent later, under the same numbers or others. */
  #takeBack(parts: (readonly Slice<Ticket>[])[]): void {
    this.batch = null;
    this.#todo.unshift(...parts);
  }

  /** Nothing of it was appended, so its numbers are still free. */
  #refuse(batch: Batch, as: Refusal, why: string): void {
    this.batch = null;
    const error = new StargateError(as, { got: why });
    for (const { of } of batch.slices) this.#end(of, () => of.notStored(error));
  }

  /** Given up while its request was under way: nothing else of the partition is sent before that has ended. */
  #givenUp: Batch | null = null;

  #doubt(batch: Batch, why: string): void {
    if (batch.inFlight) this.#givenUp = batch;
    // The log is shorter than it was: from now on it is that log which grows.
    if (this.#held) this.#lastOffset = this.#held.first + batch.records - 1;
    this.#held = null;
    this.batch = null;
    this.#retire();
    const error = late(why);
    for (const { of } of batch.slices) this.#end(of, () => of.unknown(error));
  }

  #retire(): void {
    if (this.#identity) this.#shared.retire(this.#identity);
    this.#identity = null;
  }

  #notStored(ticket: Ticket, got: string): void {
    this.#end(ticket, () => ticket.notStored(late(got)));
  }

  #end(ticket: Ticket, settle: () => void): void {
    if (ticket.settled) return;
    settle();
    if (ticket.settled) this.#shared.settled(ticket);
  }

  #count(what: string): void {
    const { errors } = this.#shared.counters;
    errors[what] = (errors[what] ?? 0) + 1;
  }
}
