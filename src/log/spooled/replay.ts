/**
 * From the spool to the log, in order, while traffic flows: a consumer of the spool whose position is committed behind
 * what the log has confirmed. New events may pass those that wait here; those that wait never pass each other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isStargateError } from '../../errors.js';
import {
  type AppendOutcome,
  type Assignment,
  after,
  type Batch,
  type ConsumeHandlers,
  type Log,
  type LogRecord,
  type Position,
} from '../port.js';
import { Reading, type ReadingOptions } from './reading.js';
import type { Tickets } from './tickets.js';

export interface ReplayOptions extends ReadingOptions {
  /** Bytes of values a second: what waited must not crowd out what arrives. Default 16 MiB. */
  readonly bytesPerSecond: number;
  /** Bytes of values in one append. Default 512 KiB. */
  readonly chunkBytes: number;
  /** Told of every try that failed. */
  readonly onRetry: (error: unknown) => void;
  /** Told, with their number, of records that the log has taken over. */
  readonly onReplayed: (records: number) => void;
  /**
   * Takes a record that the log refuses for good, with the reason, and resolves when it is durable: only then do those
   * behind it go on. After a crash it may be given again. Where it rejects, the record is tried again, and waits.
   */
  readonly setAside: (record: LogRecord, why: string) => Promise<void>;
}

const DEFAULTS: Omit<ReplayOptions, 'setAside'> = {
  bytesPerSecond: 16 * 2 ** 20,
  chunkBytes: 512 * 1024,
  backoff: { firstMs: 100, mostMs: 2_000 },
  onRetry() {},
  onUnreadable() {},
  onReplayed() {},
};

export type ReplayParts = Partial<ReplayOptions> & Pick<ReplayOptions, 'setAside'>;

/** What waits in the spool. */
export interface Spooled {
  readonly records: number;
  /** Age of the oldest, s; 0 where nothing waits. */
  readonly seconds: number;
  /** What the spool keeps for them; 0 where it cannot tell. */
  readonly bytes: number;
}

const GROUP = 'replay';
/** For one try; a log that closes waits so long for it. */
const ANSWER_MS = 2_000;
const ENDED = Symbol('ended');

export class Replay {
  readonly #log: Log;
  readonly #spool: Log;
  readonly #tickets: Tickets;
  readonly #options: ReplayOptions;
  readonly #assignments = new Map<number, Assignment>();
  readonly #stop = new AbortController();
  #reading: Reading | null = null;

  private constructor(log: Log, spool: Log, tickets: Tickets, options: ReplayParts) {
    this.#log = log;
    this.#spool = spool;
    this.#tickets = tickets;
    this.#options = { ...DEFAULTS, ...options };
  }

  static async start(log: Log, spool: Log, tickets: Tickets, options: ReplayParts): Promise<Replay> {
    const replay = new Replay(log, spool, tickets, options);
    const handlers: ConsumeHandlers = {
      onAssigned: async (assignment) => {
        replay.#assignments.set(assignment.partition, assignment);
      },
      onBatch: (batch) => replay.#carry(batch),
      onRevoked: async (partition) => {
        replay.#assignments.delete(partition);
      },
    };
    replay.#reading = await Reading.start(() => spool.consume(GROUP, handlers), replay.#options);
    return replay;
  }

  async waiting(): Promise<Spooled> {
    const partitions = await this.#spool.lag(GROUP);
    return {
      records: partitions.reduce((sum, { records }) => sum + records, 0),
      seconds: Math.max(0, ...partitions.map(({ seconds }) => seconds ?? 0)),
      bytes: partitions.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    };
  }

  /** Ends after the append under way has been answered; what is left stays in the spool. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading?.close();
  }

  /** Carries a batch over in chunks. The position moves behind each of them, so a crash repeats one at most. */
  async #carry({ partition, records }: Batch): Promise<void> {
    let chunk: LogRecord[] = [];
    let bytes = 0;
    for (const [index, copy] of records.entries()) {
      const { ticket, record } = this.#tickets.read(copy);
      // What is before it goes first: the outcome may take minutes.
      if (ticket !== null && !this.#tickets.isSettled(ticket)) {
        if (!(await this.#deliver(chunk, bytes))) return;
        [chunk, bytes] = [[], 0];
      }
      const isInLog = ticket !== null && (await this.#unlessEnded(this.#tickets.isStored(ticket)));
      if (isInLog === ENDED) return;
      if (!isInLog) {
        chunk.push(record);
        bytes += record.value.length;
      }
      if (bytes < this.#options.chunkBytes && index < records.length - 1) continue;
      if (!(await this.#deliver(chunk, bytes))) return;
      await this.#commit(partition, copy.position);
      [chunk, bytes] = [[], 0];
    }
  }

  /** True when the log has stored all, or what is left is set aside; tries until then, or until everything ends. */
  async #deliver(records: readonly LogRecord[], bytes: number): Promise<boolean> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; failures++) {
      if (records.length === 0) return true;
      const began = performance.now();
      const outcome = await this.#unlessEnded(this.#append(records, began + ANSWER_MS));
      if (outcome === ENDED) return false;
      if (outcome.state === 'stored') {
        this.#options.onReplayed(records.length);
        await this.#rest((bytes / this.#options.bytesPerSecond) * 1_000 - (performance.now() - began));
        return true;
      }
      if (isRefused(outcome)) {
        if (records.length > 1) return this.#deliverEach(records);
        if (await this.#putAside(records[0]!, outcome)) return true;
      } else this.#options.onRetry(outcome.error);
      const { firstMs, mostMs } = this.#options.backoff;
      await this.#rest(Math.min(mostMs, firstMs * 2 ** failures));
    }
    return false;
  }

  /**
   * One at least is refused, and of the others nobody said whether they were stored. Sent again together, but each for
   * itself, every one has an outcome of its own: so none of them is sent a third time because of another.
   */
  async #deliverEach(records: readonly LogRecord[]): Promise<boolean> {
    const answerBy = performance.now() + ANSWER_MS;
    const tried = await this.#unlessEnded(
      Promise.all(records.map((record) => this.#append([record], answerBy))),
    );
    if (tried === ENDED) return false;
    for (const [index, outcome] of tried.entries()) {
      if (outcome.state === 'stored') this.#options.onReplayed(1);
      else if (!(await this.#deliver([records[index]!], records[index]!.value.length))) return false;
    }
    return true;
  }

  async #putAside(record: LogRecord, { error }: AppendOutcome): Promise<boolean> {
    try {
      await this.#options.setAside(record, (isStargateError(error) && error.got) || 'REFUSED');
      return true;
    } catch (failure) {
      this.#options.onRetry(failure);
      return false;
    }
  }

  /** Waits for the final outcome: sent again before that is known, the records could stand there twice. */
  async #append(records: readonly LogRecord[], answerBy: number): Promise<AppendOutcome> {
    const { answer, final } = this.#log.append(records, { answerBy });
    const outcome = await answer;
    return outcome.state === 'unknown' ? final : outcome;
  }

  /** What the work comes to, or ENDED as soon as everything ends: its records are carried over by the next process. */
  #unlessEnded<T>(work: Promise<T>): Promise<T | typeof ENDED> {
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const end = () => resolve(ENDED);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
    });
  }

  /** A commit that fails is made good by the next one, or repeated by the next process. */
  async #commit(partition: number, done: Position): Promise<void> {
    await this.#assignments.get(partition)?.commit(after(done), '').catch(this.#options.onRetry);
  }

  async #rest(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}

/** By the log, and for as long as its settings stay. */
const isRefused = ({ error }: AppendOutcome): boolean => isStargateError(error, 'STG_LOG_REFUSED');
