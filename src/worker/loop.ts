/** Log → warehouse: own partitions, read, project, write, commit. The protocol is stated in the two ports. */
import { StargateError } from '../errors.js';
import { type Assignment, after, type Batch, type Log, type Position } from '../log/port.js';
import type { PartitionKey, PartitionWriter, Warehouse } from '../warehouse/port.js';
import { Failure } from './failure.js';
import type { WorkerObserver } from './observer.js';
import { type Begin, PartitionWork } from './partition.js';
import { type Backoff, isFinal, pause } from './retry.js';
import { Room } from './room.js';

/** Bytes of records that are fetched and not stored, where the warehouse does not name fewer. */
const ROOM_BYTES = 16 * 2 ** 20;

export interface WorkerOptions {
  readonly log: Log;
  readonly warehouse: Warehouse;
  readonly group: string;
  /** Where a group begins that has no commit and whose rows the warehouse does not know. Default `earliest`. */
  readonly from?: 'earliest' | 'latest';
  /**
   * What to do where the group has no commit, and the warehouse has rows of the log: go on behind them (default), stop
   * with STG_CONFIRMATION_NEEDED, or store again what the log still holds.
   */
  readonly overRows?: 'behind' | 'stop' | 'again';
  readonly observer: WorkerObserver;
  /** Pause before a partition is opened again after a failure. Default 100 ms, doubling up to 5 s. */
  readonly backoff?: Backoff;
  /** One line for a person: a new database, a position taken over from the warehouse. */
  readonly onWarning?: (message: string) => void;
}

export interface Worker {
  /** Rejects when the worker cannot go on; resolves after `close`. */
  readonly done: Promise<void>;
  /** Resolves when everything that is in the log now is stored. */
  settle(): Promise<void>;
  /** Stores and commits what was fetched, then leaves the group. Idempotent. */
  close(): Promise<void>;
}

/** Starts consuming. Errors: STG_GROUP_LOCKED, and what the ports name. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { log, warehouse, group, backoff = { firstMs: 100, mostMs: 5_000 } } = options;
  const owned = new Map<number, PartitionWork>();
  const waiting = new Set<() => void>();
  const failure = new Failure();
  const { roomBytes = ROOM_BYTES } = warehouse;
  const room = new Room(roomBytes);

  const progressed = () => {
    for (const check of waiting) check();
  };
  const observer = notifying(options.observer, progressed);
  const closing = new AbortController();

  const consumer = await log.consume(
    group,
    {
      async onAssigned(assignment) {
        const key: PartitionKey = { log: log.id, topic: log.topic, partition: assignment.partition };
        const open = () => own(assignment, key, options);
        const over = AbortSignal.any([closing.signal, assignment.signal]);
        const opened = await persistently(open, { observer, backoff, partition: key.partition, over });
        if (opened === null) return;
        owned.set(
          assignment.partition,
          new PartitionWork(assignment, { warehouse, key, observer, backoff, room }, opened, (error) =>
            failure.fail(error),
          ),
        );
        progressed();
      },
      onBatch: (batch: Batch) => failure.cuts(owned.get(batch.partition)!.take(batch)),
      async onRevoked(partition) {
        const work = owned.get(partition);
        owned.delete(partition);
        if (work) await failure.cuts(work.drain());
      },
    },
    // Each partition may have one batch where there is no room: many of them must not take much more together.
    { ...(options.from && { from: options.from }), maxBytes: roomBytes / 8 },
  );
  const done = failure.cuts(consumer.done);
  done.catch(() => {});

  return {
    done,
    async settle() {
      const ends = new Map((await log.lag(group)).map(({ partition, end }) => [partition, end]));
      const reached = () => [...ends].every(([partition, end]) => (owned.get(partition)?.stored ?? 0) >= end);
      await Promise.race([until(reached, waiting), done]);
    },
    close() {
      // Fetching ends first: a partition that is still being opened then gets no batch any more.
      const closed = consumer.close();
      closing.abort();
      return closed;
    },
  };
}

/** Tries until it works; null when there is no more use for it. Rejects with what no later try can mend. */
async function persistently<T>(
  attempt: () => Promise<T>,
  context: { observer: WorkerObserver; backoff: Backoff; partition: number; over: AbortSignal },
): Promise<T | null> {
  const { observer, backoff, partition, over } = context;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (isFinal(error)) throw error;
      observer.retrying(partition, error);
      await pause(backoff, failures, over);
      if (over.aborted) return null;
    }
  }
}

/** Decides where reading begins, fences earlier writers, and commits the new text with that position. */
async function own(
  assignment: Assignment,
  key: PartitionKey,
  options: WorkerOptions,
): Promise<{ writer: PartitionWriter; begin: Begin }> {
  // Whoever has the partition by now would be fenced by opening it.
  if (assignment.signal.aborted) throw new StargateError('STG_LOG_FENCED');
  const writer = await options.warehouse.openPartition(key, assignment.saved);
  const begin = await beginOf(assignment, key, writer, options);
  assignment.seek(begin.at);
  await assignment.commit(begin.at, writer.savedAfter(writer.skip - begin.skip));
  return { writer, begin };
}

async function beginOf(
  assignment: Assignment,
  key: PartitionKey,
  writer: PartitionWriter,
  { warehouse, from, overRows, onWarning = () => {} }: WorkerOptions,
): Promise<Begin> {
  const { committed, saved, start } = assignment;
  const warn = (text: string) => onWarning(`partition ${key.partition}: ${text}`);
  if (writer.restart) warn('this is another warehouse than the one committed to');
  if (writer.restart || committed === null) {
    const last = await warehouse.lastPosition(key);
    if (last !== null) return { at: overKnown(assignment, last, overRows, warn), skip: 0 };
    return { at: from === 'latest' && !writer.restart ? assignment.end : start, skip: 0 };
  }
  // Tools that move a group's position drop the text that says what is stored behind it (hole 4).
  if (saved === null && (await warehouse.lastPosition(key)) === null) {
    warn('the position was committed without a count of rows, and no row is known; going on at it');
    return { at: Math.max(committed, start) as Position, skip: 0 };
  }
  const reason = saved === null ? 'the position was committed without a count of rows' : writer.uncounted;
  if (reason) return { at: await behindRows(assignment, key, warehouse, reason, warn), skip: 0 };
  if (committed >= start) return { at: committed, skip: writer.skip };
  warn('the log no longer holds the committed position; going on at its start');
  if (writer.skip === 0) return { at: start, skip: 0 };
  // Which of the deleted records were storable nobody knows any more (hole 5).
  const deleted = `the log starts at ${start}, and records were stored behind ${committed}`;
  return { at: await behindRows(assignment, key, warehouse, deleted, warn), skip: 0 };
}

/** No commit for this warehouse, which has rows up to `last`: nothing is stored twice unless somebody said so. */
function overKnown(
  { partition, start }: Assignment,
  last: number,
  overRows: WorkerOptions['overRows'],
  warn: (text: string) => void,
): Position {
  const rows = `no position committed for this warehouse, but it has rows up to ${last}`;
  if (overRows === 'stop') {
    throw new StargateError('STG_CONFIRMATION_NEEDED', {
      expected: `a warehouse without rows of partition ${partition}, or a yes to storing them again`,
      got: rows,
      next: 'Leave out --from earliest to go on behind them, or add --yes to store once more what the log still holds.',
    });
  }
  warn(`${rows}; ${overRows === 'again' ? 'storing again what the log holds' : 'going on behind them'}`);
  return overRows === 'again' ? start : (Math.max(after(last as Position), start) as Position);
}

/**
 * Rows behind the committed position cannot be counted: go on behind the newest one. Errors: STG_WAREHOUSE_MISMATCH
 * where none is known: "none" may as well mean "all of them, and erased".
 */
async function behindRows(
  { committed, start }: Assignment,
  key: PartitionKey,
  warehouse: Warehouse,
  reason: string,
  warn: (text: string) => void,
): Promise<Position> {
  const last = await warehouse.lastPosition(key);
  if (last === null) {
    throw new StargateError('STG_WAREHOUSE_MISMATCH', {
      message: `Which records of partition ${key.partition} are stored already cannot be told.`,
      expected: 'rows of the partition, or a position in stargate_positions',
      got: `neither; ${reason}`,
      next: 'Choose a new --group, which reads the log from its start.',
    });
  }
  const at = Math.max(committed ?? 0, after(last as Position), start) as Position;
  warn(`${reason}; going on at ${at}, behind the newest row`);
  return at;
}

/** The observer, with `after` called when more has become durable. */
function notifying(observer: WorkerObserver, progressed: () => void): WorkerObserver {
  // The queue is shortened right after the observer was told: look again when that has happened.
  const soon = () => setImmediate(progressed);
  return {
    read: (...args) => observer.read(...args),
    retrying: (...args) => observer.retrying(...args),
    skipped: (rows) => {
      observer.skipped(rows);
      soon();
    },
    stored: (rows) => {
      observer.stored(rows);
      soon();
    },
    rejected: (rows) => {
      observer.rejected(rows);
      soon();
    },
  };
}

function until(reached: () => boolean, waiting: Set<() => void>): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!reached()) return;
      waiting.delete(check);
      resolve();
    };
    waiting.add(check);
    check();
  });
}
