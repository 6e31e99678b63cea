import { isStargateError, StargateError } from '../errors.js';
import type {
  Assignment,
  Batch,
  ConsumedRecord,
  ConsumeHandlers,
  ConsumeOptions,
  Consumer,
  Position,
} from './port.js';

/**
 * The consuming half of the port for a log that one process reads at a time: who is called when, and what
 * fences a commit. Where records and commits are kept is the adapter's matter, behind these three interfaces.
 */
export interface Readable {
  readonly partition: number;
  start(): Promise<Position>;
  /** Position behind the newest readable record. */
  end(): Position;
  reader(from: Position): Reader;
  /** Resolves when the end lies behind `than`, or on abort. */
  grown(than: Position, signal: AbortSignal): Promise<void>;
}

export interface Reader {
  /** Position of the next record to read, moved also over records that are gone. */
  readonly at: Position;
  /** The next records in order; none at the end. */
  read(maxRecords: number, maxBytes: number): Promise<ConsumedRecord[]>;
  close(): Promise<void>;
}

export interface Commits {
  committed(partition: number): { readonly at: Position; readonly saved: string } | null;
  commit(partition: number, at: Position, saved: string): Promise<void>;
  release(): Promise<void>;
}

const SAVED_MAX = 4096;

export class ConsumerRun implements Consumer {
  readonly done: Promise<void>;
  readonly #handlers: ConsumeHandlers;
  readonly #options: Required<ConsumeOptions>;
  readonly #commits: Commits;
  readonly #loops = new Set<Promise<void>>();
  readonly #owned = new Set<Owned>();
  /** Aborted to stop fetching; the assignments themselves end a little later. */
  readonly #stop = new AbortController();
  readonly #settle: { resolve(): void; reject(error: unknown): void };
  #failure: { error: unknown } | null = null;
  #closing: Promise<void> | null = null;

  constructor(handlers: ConsumeHandlers, options: ConsumeOptions, commits: Commits) {
    this.#handlers = handlers;
    this.#commits = commits;
    this.#options = { from: 'earliest', maxRecords: 2_000, maxBytes: 4 * 2 ** 20, ...options };
    let settle!: { resolve(): void; reject(error: unknown): void };
    this.done = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settle = settle;
    // A caller that only awaits close() must not be ended by an unhandled rejection.
    this.done.catch(() => {});
  }

  /** Aborted as soon as nothing is fetched any more. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Begins to consume a partition. `from` is where it begins without a commit, if not as the options say. */
  add(readable: Readable, from = this.#options.from): void {
    if (this.#stop.signal.aborted) return;
    const loop = this.#own(readable, from).catch((error: unknown) => this.fail(error));
    this.#loops.add(loop);
    void loop.then(() => this.#loops.delete(loop));
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  /** Ends every assignment at once: their commits are refused from now on, handlers are told by the signal. */
  fence(): void {
    for (const owned of this.#owned) owned.end();
    void this.close();
  }

  /** Ends the consumer with this error. The first failure is the one told; it stops all partitions. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    void this.close();
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    while (this.#loops.size > 0) await Promise.all(this.#loops);
    await this.#commits.release().catch((error: unknown) => {
      this.#failure ??= { error };
    });
    if (this.#failure) this.#settle.reject(this.#failure.error);
    else this.#settle.resolve();
  }

  async #own(readable: Readable, from: 'earliest' | 'latest'): Promise<void> {
    const owned = new Owned(readable, this.#commits, from);
    const assignment = await owned.assignment();
    this.#owned.add(owned);
    try {
      await this.#handlers.onAssigned(assignment);
      await this.#fetch(readable, owned.begin()).catch((error: unknown) => this.#failOf(owned, error));
      // Until onRevoked has returned the partition is still ours: a handler can commit what it has in hand.
      await this.#handlers.onRevoked(readable.partition);
    } catch (error) {
      this.#failOf(owned, error);
    } finally {
      owned.end();
      this.#owned.delete(owned);
    }
  }

  /** That a partition was taken away ends its assignment; it is no failure of the consumer. */
  #failOf(owned: Owned, error: unknown): void {
    if (!owned.ended || !isStargateError(error, 'STG_LOG_FENCED')) this.fail(error);
  }

  async #fetch(readable: Readable, from: Position): Promise<void> {
    const reader = readable.reader(from);
    try {
      while (!this.#stop.signal.aborted) {
        const records = await reader.read(this.#options.maxRecords, this.#options.maxBytes);
        if (records.length === 0) await readable.grown(reader.at, this.#stop.signal);
        else if (!this.#stop.signal.aborted) await this.#handlers.onBatch(batchOf(readable, records));
      }
    } finally {
      await reader.close();
    }
  }
}

const batchOf = (readable: Readable, records: readonly ConsumedRecord[]): Batch => ({
  partition: readable.partition,
  records,
  end: readable.end(),
});

/** One assignment of a partition: where it begins, and commits as long as it lasts. */
class Owned {
  readonly #readable: Readable;
  readonly #commits: Commits;
  readonly #from: 'earliest' | 'latest';
  readonly #over = new AbortController();
  #begin = 0 as Position;
  #seekable = true;

  constructor(readable: Readable, commits: Commits, from: 'earliest' | 'latest') {
    this.#readable = readable;
    this.#commits = commits;
    this.#from = from;
  }

  async assignment(): Promise<Assignment> {
    const { partition } = this.#readable;
    const [start, end] = [await this.#readable.start(), this.#readable.end()];
    const { at: committed, saved } = this.#commits.committed(partition) ?? { at: null, saved: null };
    if (committed !== null && committed > end) throw beyondEnd(partition, committed, end);
    const wanted = committed ?? (this.#from === 'earliest' ? start : end);
    this.#begin = Math.max(wanted, start) as Position;
    return {
      // Tools that move a group's position leave no text beside it, which Kafka tells as an empty one.
      ...{ partition, committed, saved: saved || null, start, end, signal: this.#over.signal },
      seek: (to) => this.#seek(to, start),
      commit: (behind, text) => this.#commit(behind, text),
    };
  }

  /** Where to read from; later seeks are refused. */
  begin(): Position {
    this.#seekable = false;
    return this.#begin;
  }

  get ended(): boolean {
    return this.#over.signal.aborted;
  }

  end(): void {
    this.#over.abort();
  }

  #seek(to: Position, start: Position): void {
    if (!this.#seekable) {
      throw new StargateError('STG_BUG', { expected: 'seek inside onAssigned', got: 'seek after it' });
    }
    if (to > this.#readable.end()) throw beyondEnd(this.#readable.partition, to, this.#readable.end());
    this.#begin = Math.max(to, start) as Position;
  }

  async #commit(behind: Position, saved: string): Promise<void> {
    const { partition } = this.#readable;
    if (this.#over.signal.aborted) {
      throw new StargateError('STG_LOG_FENCED', { got: `a commit of partition ${partition}` });
    }
    if (behind > this.#readable.end()) throw beyondEnd(partition, behind, this.#readable.end());
    const size = Buffer.byteLength(saved);
    if (size > SAVED_MAX || !Number.isSafeInteger(behind) || behind < 0) {
      throw new StargateError('STG_BUG', {
        expected: `a position, and at most ${SAVED_MAX} bytes saved with it`,
        got: `${behind} with ${size} bytes`,
      });
    }
    await this.#commits.commit(partition, behind, saved);
  }
}

const beyondEnd = (partition: number, at: number, end: number): StargateError =>
  new StargateError('STG_LOG_POSITION', {
    expected: `a position up to ${end} in partition ${partition}`,
    got: `${at}, which the log does not reach`,
    next: 'The log has lost records or is another one than the position belongs to. Restore it, or choose a new group.',
  });
