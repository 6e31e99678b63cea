import { type Append, type AppendOptions, type AppendOutcome, type LogRecord, refused } from '../port.js';
import type { Counters, Identity } from './batch.js';
import type { Cluster, ClusterEvents, Leadership } from './cluster.js';
import { Dispatch } from './dispatch.js';
import type { ProduceOptions } from './options.js';
import type { Partition, Shared } from './partition.js';
import { partitionOf } from './partitioning.js';
import { type Codec, encodeTails } from './records.js';
import { late, Queue, Ticket } from './ticket.js';

/** Time-outs, back-off and deadlines are looked at so often, and only while an append is outstanding. */
const TICK_MS = 50;
/** Without a reachable leader for so long, appends are refused at once. */
const AWAY_MS = 500;
/** Partitions that were added are found after so long, when something is appended: no timer runs for it. */
const METADATA_AGE_MS = 300_000;

const NONE = { requests: 0, batches: 0, resends: 0, bytes: 0, splits: 0, identities: 0 };

/** What is alerted on is there from the start: of a counter that appears with a value nobody sees an increase. */
const WATCHED = {
  UNREACHABLE: 0,
  UNANSWERED: 0,
  NOT_ENOUGH_REPLICAS: 0,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 0,
};

export interface ProducerParts {
  readonly codec: Codec | null;
  readonly crc32c: (bytes: Buffer) => number;
  readonly warn: (message: string) => void;
  connect(events: ClusterEvents): Cluster;
}

const stored = Promise.resolve<AppendOutcome>({ state: 'stored' });
const nothing: Append = { answer: stored, final: stored };

const keyOf = (records: readonly LogRecord[]): string | null =>
  records.find((record) => record.key !== null)?.key ?? null;

/**
 * An idempotent producer for one topic. One request is in flight per leader, with at most one batch of each of its
 * partitions. Appends without a key wait in one queue and get their partition, and their numbers, when a leader is free:
 * a leader that is gone holds only what it has in flight. `Partition` says what answers mean.
 */
export class Producer implements ClusterEvents {
  readonly counters: Counters = { ...NONE, errors: { ...WATCHED } };
  readonly #cluster: Cluster;
  readonly #options: ProduceOptions;
  readonly #queue = new Queue();
  readonly #shared: Shared;
  readonly #dispatch: Dispatch;
  #identity: Identity | null = null;
  #asking = false;
  #outstanding = 0;
  #inflightBytes = 0;
  #soonest = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  #scheduled = false;
  #awaySince: number | null = performance.now();
  #toldAt = performance.now();
  #closing: Promise<void> | null = null;
  #idle: (() => void) | null = null;

  constructor(options: ProduceOptions, { codec, crc32c, warn, connect }: ProducerParts) {
    this.#options = options;
    const self = this;
    this.#shared = {
      ...{ queue: this.#queue, counters: this.counters, maxBatchBytes: options.maxBatchBytes },
      ...{ codec, crc32c, warn },
      get identity() {
        return self.#identity;
      },
      retire: (identity) => this.#retire(identity),
      refresh: () => this.#cluster.refresh(),
      settled: (ticket) => this.#settled(ticket),
      tooFewUntil: 0,
    };
    this.#cluster = connect(this);
    this.#dispatch = new Dispatch(this.#cluster, this.#shared, options, () => this.changed());
  }

  get inflightBytes(): number {
    return this.#inflightBytes;
  }

  /** False when closed, and when no partition has had a reachable leader for half a second. */
  get writable(): boolean {
    return !this.#closing && !this.#away();
  }

  /** Whether any partition has a leader that is connected now. */
  get reachable(): boolean {
    return this.#dispatch.reachable(performance.now());
  }

  /** Whether a partition that these could go to has not just said that it has too few replicas. */
  accepts(records: readonly LogRecord[]): boolean {
    const now = performance.now();
    if (now >= this.#shared.tooFewUntil) return true;
    const { partitions, count } = this.#dispatch;
    const open = (partition: Partition): boolean => partition.accepts(now);
    const key = keyOf(records);
    return key === null ? this.#dispatch.reachable(now, open) : open(partitions[partitionOf(key, count)]!);
  }

  append(records: readonly LogRecord[], options?: AppendOptions): Append {
    if (this.#closing) return refused('STG_LOG_CLOSED');
    if (records.length === 0) return nothing;
    if (this.#away()) return refused('STG_LOG_UNREACHABLE', { got: 'no partition with a reachable leader' });
    const tails = encodeTails(records);
    if (this.#inflightBytes + tails.weight > this.#options.maxPendingBytes) {
      const expected = `at most ${this.#options.maxPendingBytes} bytes not yet acknowledged`;
      return refused('STG_OVERLOADED', { expected });
    }
    const now = performance.now();
    const answerBy = options?.answerBy ?? now + this.#options.answerMs;
    const ticket = new Ticket(tails, answerBy, now + this.#options.finalMs);
    this.#queueOf(records).push(ticket);
    this.#inflightBytes += tails.weight;
    this.#outstanding += 1;
    this.#soonest = Math.min(this.#soonest, answerBy);
    this.#schedule();
    return ticket;
  }

  /** All records of a call stand in one partition: that of the first key, or whichever leader is free first. */
  #queueOf(records: readonly LogRecord[]): Queue {
    const key = keyOf(records);
    if (key === null) return this.#queue;
    const { partitions, count } = this.#dispatch;
    return partitions[partitionOf(key, count)]!.queue;
  }

  /** Waits until every append is answered; those whose answer was `unknown` stay so. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      this.#rest();
    });
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    for (const ticket of [...this.#open()]) {
      ticket.unknown(late('the log closed before'));
      this.#settled(ticket);
    }
    this.#cluster.close();
  }

  leaders(all: readonly Leadership[], remade: boolean): void {
    this.#dispatch.lead(all, remade);
    this.#toldAt = performance.now();
    this.changed();
  }

  changed(): void {
    this.#look();
    this.#schedule();
  }

  unreachable(): void {
    this.counters.errors.UNREACHABLE! += 1;
  }

  /** What arrives in one turn of the event loop goes together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  #run = (): void => {
    this.#scheduled = false;
    if (this.#outstanding > 0) this.#timer ??= setInterval(this.#tick, TICK_MS);
    if (this.#outstanding > 0 && !this.#identity) this.#identify();
    const now = performance.now();
    if (this.#outstanding > 0 && now - this.#toldAt > METADATA_AGE_MS) this.#cluster.refresh();
    this.#dispatch.run(now);
    this.#rest();
  };

  #tick = (): void => {
    const now = performance.now();
    this.#dispatch.overdue(now);
    if (this.#soonest <= now + TICK_MS) this.#expire(now + TICK_MS);
    this.#schedule();
  };

  /** Answers those whose deadline has come; the rest are looked through only for the next deadline. */
  #expire(by: number): void {
    const gone = this.#queue.remove(({ answerBy }) => answerBy <= by);
    for (const ticket of gone) {
      ticket.notStored(late('no leader that took them'));
      this.#settled(ticket);
    }
    for (const partition of this.#dispatch.partitions) partition.expire(by);
    this.#soonest = Number.POSITIVE_INFINITY;
    for (const { answered, answerBy, finalBy } of this.#open()) {
      this.#soonest = Math.min(this.#soonest, answered ? finalBy : answerBy);
    }
  }

  *#open(): Generator<Ticket> {
    yield* this.#queue;
    for (const partition of this.#dispatch.partitions) yield* partition.open();
  }

  #settled(ticket: Ticket): void {
    this.#outstanding -= 1;
    this.#inflightBytes -= ticket.tails.weight;
  }

  /** No timer while there is nothing to wait for; closing goes on when all is answered. */
  #rest(): void {
    if (this.#outstanding === 0 && this.#timer) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    if (!this.#idle) return;
    for (const { answered } of this.#open()) if (!answered) return;
    this.#idle();
  }

  #retire(identity: Identity): void {
    if (this.#identity === identity) this.#identity = null;
  }

  #identify(): void {
    if (this.#asking) return;
    this.#asking = true;
    const take = (identity: Identity): void => {
      this.#identity = identity;
      this.counters.identities += 1;
      this.#schedule();
    };
    // Rejects only when the cluster is closed.
    void this.#cluster
      .identity()
      .then(take, () => {})
      .finally(() => {
        this.#asking = false;
      });
  }

  #away(): boolean {
    if (this.#dispatch.count === 0) return true;
    if (this.#awaySince === null) return false;
    // A suspect broker is given another try by time alone.
    this.#look();
    return this.#awaySince !== null && performance.now() - this.#awaySince >= AWAY_MS;
  }

  #look(): void {
    const now = performance.now();
    if (this.#dispatch.reachable(now)) this.#awaySince = null;
    else this.#awaySince ??= now;
  }
}
