/**
 * One partition while it is ours: batches in, rows out, positions committed behind them.
 *
 * Batches that are not stored yet stay in `#queue`. Every failure takes the path of a crash: open the
 * partition again with the text that belongs to the oldest of them, learn how many of its storable records
 * are stored already, and append the rest of the queue anew. Nothing is ever sent again to an old writer.
 */
import { isStargateError, StargateError } from '../errors.js';
import type { RejectedRow } from '../event/fields.js';
import { type Assignment, after, type Batch, type Position } from '../log/port.js';
import type {
  AppendReceipt,
  AppendRow,
  PartitionKey,
  PartitionWriter,
  Warehouse,
} from '../warehouse/port.js';
import { Committer } from './committer.js';
import type { WorkerObserver } from './observer.js';
import { project, refuse } from './project.js';
import { type Backoff, isFinal, pause } from './retry.js';
import type { Room } from './room.js';

const MAX_QUEUED_BATCHES = 64;

/** A batch, projected, until it is stored. `rows` shrinks only when a refused row splits the batch. */
interface Work {
  rows: readonly AppendRow[];
  rejected: readonly RejectedRow[];
  readonly behind: Position;
  readonly bytes: number;
}

/** One append under way: the rows of its batch that were not stored before. */
interface Flight {
  readonly work: Work;
  readonly rows: readonly AppendRow[];
  readonly receipt: Promise<AppendReceipt | null>;
  /** Text for the position behind the batch where the append gives none: everything in it was stored before. */
  readonly saved: string | null;
}

/** Where the work begins, and how many storable records from there on are stored already. */
export interface Begin {
  readonly at: Position;
  readonly skip: number;
}

export interface PartitionContext {
  readonly warehouse: Warehouse;
  readonly key: PartitionKey;
  readonly observer: WorkerObserver;
  readonly backoff: Backoff;
  readonly room: Room;
}

export class PartitionWork {
  readonly #assignment: Assignment;
  readonly #context: PartitionContext;
  readonly #committer: Committer;
  readonly #failed: (error: unknown) => void;
  /** Null while the partition is being opened again: batches then only queue up. */
  #writer: PartitionWriter | null;
  /** Storable records still to be passed over, those passed over, and whether this writer has appended since. */
  #skip: number;
  #skipped = 0;
  #appending = false;
  /** Everything before `behind` is stored, and `saved` belongs to it. */
  #done: { behind: Position; saved: string };
  #queue: Work[] = [];
  #flights: Flight[] = [];
  #settling: Promise<void> = Promise.resolve();
  #active = false;

  constructor(
    assignment: Assignment,
    context: PartitionContext,
    opened: { writer: PartitionWriter; begin: Begin },
    failed: (error: unknown) => void,
  ) {
    this.#assignment = assignment;
    this.#context = context;
    this.#failed = failed;
    this.#committer = new Committer(assignment, {
      retrying: (error) => context.observer.retrying(context.key.partition, error),
      failed: (error) => {
        if (!assignment.signal.aborted) failed(error);
      },
    });
    this.#writer = opened.writer;
    this.#skip = opened.begin.skip;
    this.#skipped = opened.writer.skip - opened.begin.skip;
    this.#done = { behind: opened.begin.at, saved: opened.writer.savedAfter(this.#skipped) };
  }

  /** Position behind the last record that is stored or rejected durably. */
  get stored(): Position {
    return this.#done.behind;
  }

  /** Takes a batch; resolves when there is room for the next one. */
  async take(batch: Batch): Promise<void> {
    const work = this.#project(batch);
    this.#queue.push(work);
    this.#context.room.take(work.bytes);
    if (this.#writer) this.#launch(this.#writer, work);
    if (!this.#active) {
      this.#settling = this.#settle();
      this.#settling.catch(this.#failed);
    }
    if (this.#full()) await this.#context.room.wait(() => !this.#full());
  }

  /** Waits until everything taken is stored and committed, unless the partition has been taken away. */
  async drain(): Promise<void> {
    try {
      await this.#settling;
    } finally {
      // A partition that was taken away leaves its queue to the next owner.
      for (const { bytes } of this.#queue.splice(0)) this.#context.room.give(bytes);
    }
    this.#committer.stop();
    if (!this.#assignment.signal.aborted) await this.#commitLast();
  }

  /** Where the log does not take our last position, the next owner passes over what is stored behind the one before. */
  async #commitLast(): Promise<void> {
    try {
      await this.#committer.flush();
    } catch (error) {
      if (!isStargateError(error, 'STG_LOG_WRITE')) throw error;
      this.#context.observer.retrying(this.#context.key.partition, error);
    }
  }

  /** No partition keeps another from having a batch under way. */
  #full(): boolean {
    return this.#active && (this.#queue.length >= MAX_QUEUED_BATCHES || this.#context.room.full);
  }

  #project(batch: Batch): Work {
    const rows: AppendRow[] = [];
    const rejected: RejectedRow[] = [];
    let bytes = 0;
    for (const record of batch.records) {
      bytes += record.value.length;
      const projected = project(record, this.#context.key);
      if ('row' in projected) rows.push(projected.row);
      else rejected.push(projected.rejected);
    }
    this.#context.observer.read(batch, rows, rejected);
    return { rows, rejected, behind: after(batch.records.at(-1)!.position), bytes };
  }

  /** Starts the append of one batch behind those already under way. */
  #launch(writer: PartitionWriter, work: Work): void {
    const skipped = Math.min(this.#skip, work.rows.length);
    this.#skip -= skipped;
    this.#skipped += skipped;
    if (skipped > 0) this.#context.observer.skipped(work.rows.slice(0, skipped));
    const rows = skipped > 0 ? work.rows.slice(skipped) : work.rows;
    const receipt = rows.length > 0 ? writer.append(rows) : Promise.resolve(null);
    // Awaited in order by #settle; until then a rejection must not count as unhandled.
    receipt.catch(() => {});
    const saved = this.#appending ? null : writer.savedAfter(this.#skipped);
    this.#appending ||= rows.length > 0;
    this.#flights.push({ work, rows, receipt, saved });
  }

  /** Takes answers in order until nothing is left to store. */
  async #settle(): Promise<void> {
    this.#active = true;
    try {
      // A partition that was taken away leaves its queue to the next owner.
      for (let failures = 0; this.#queue.length > 0 && !this.#assignment.signal.aborted; ) {
        failures = (await this.#step(failures)) ? 0 : failures + 1;
      }
    } finally {
      // In the same turn as the last look at the queue: a batch taken later must start a new run.
      this.#active = false;
      this.#context.room.wake();
    }
  }

  /** One answer, or one try to open the partition again; false after a failure and its pause. */
  async #step(failures: number): Promise<boolean> {
    try {
      if (!this.#writer) await this.#reopen();
      await this.#settleOne(this.#flights[0]!);
      return true;
    } catch (error) {
      if (this.#assignment.signal.aborted) return false;
      if (isFinal(error)) throw error;
      this.#abandon();
      this.#context.observer.retrying(this.#context.key.partition, error);
      await pause(this.#context.backoff, failures, this.#assignment.signal);
      return false;
    }
  }

  async #settleOne({ work, rows, receipt, saved }: Flight): Promise<void> {
    if (work.rejected.length > 0) {
      await this.#context.warehouse.reject(work.rejected);
      this.#context.observer.rejected(work.rejected);
      work.rejected = [];
    }
    const answer = await receipt;
    if (answer?.refused) return this.#refused(work, rows, answer);
    this.#context.observer.stored(rows);
    this.#finish(work, answer?.saved ?? saved ?? this.#done.saved);
  }

  #finish(work: Work, saved: string): void {
    this.#flights.shift();
    this.#queue.shift();
    this.#done = { behind: work.behind, saved };
    this.#committer.offer(this.#done);
    this.#context.room.give(work.bytes);
  }

  /** One row does not fit: what is before it is stored; reject it, and go on behind it with a new writer. */
  async #refused(work: Work, rows: readonly AppendRow[], answer: AppendReceipt): Promise<void> {
    const { index, message } = answer.refused!;
    const bad = rows[index]!;
    const rejected = refuse(bad, message);
    await this.#context.warehouse.reject([rejected]);
    this.#context.observer.stored(rows.slice(0, index));
    this.#context.observer.rejected([rejected]);
    work.rows = rows.slice(index + 1);
    this.#done = { behind: after(bad.offset as Position), saved: answer.saved };
    this.#abandon();
  }

  /** Nothing that is under way counts any more; the partition is opened again before the next append. */
  #abandon(): void {
    this.#writer = null;
    this.#flights = [];
  }

  /** As after a crash: fence, count, commit the unchanged position with the new text, append the rest again. */
  async #reopen(): Promise<void> {
    // Committing first proves that the partition is still ours: otherwise opening would fence its new owner.
    await this.#committer.now(this.#done);
    const writer = await this.#context.warehouse.openPartition(this.#context.key, this.#done.saved);
    if (writer.restart || writer.uncounted) {
      throw new StargateError('STG_WAREHOUSE_MISMATCH', {
        message: 'The warehouse was replaced while the worker was running.',
        ...(writer.uncounted && { got: writer.uncounted }),
        next: 'Start the worker again: it goes on behind the newest row.',
      });
    }
    this.#done = { behind: this.#done.behind, saved: writer.saved };
    await this.#committer.now(this.#done);
    // From here on without an await: a batch taken in between would get numbers of the writer before.
    this.#skip = writer.skip;
    this.#skipped = 0;
    this.#appending = false;
    this.#writer = writer;
    for (const work of this.#queue) this.#launch(writer, work);
  }
}
