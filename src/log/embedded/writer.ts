import { StargateError } from '../../errors.js';
import { type Append, type AppendOptions, type LogRecord, type Position, refused } from '../port.js';
import { isNoRoom } from './disk.js';
import { boundOfAll, Group } from './group.js';
import type { Room } from './room.js';
import { PutFailure, type Tail } from './tail.js';
import { Deadlines, Ticket } from './ticket.js';

/** Without a deadline of the caller an answer comes within this time. */
const ANSWER_MS = 10_000;
/** How often a log that cannot be written looks whether it can again. */
const PROBE_MS = 500;

/**
 * Group commit: what is appended while a group is being synced is the next group. There is no timer; the only
 * wait is for the callbacks of the same turn of the event loop, so that requests which arrived together share a
 * sync, and an idle log syncs at once.
 */
export class Writer {
  readonly partition: number;
  readonly #tail: Tail;
  readonly #room: Room;
  readonly #maxPending: number;
  readonly #deadlines = new Deadlines(() => [...this.#syncing.tickets, ...this.#filling.tickets]);
  #filling = new Group();
  #syncing = new Group();
  #next: number;
  #running: Promise<void> | null = null;
  #between: (() => Promise<void>)[] = [];
  #probe: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(partition: number, tail: Tail, room: Room, maxPending: number) {
    this.partition = partition;
    this.#tail = tail;
    this.#room = room;
    this.#maxPending = maxPending;
    this.#next = tail.next;
  }

  get inflightBytes(): number {
    return this.#filling.length + this.#syncing.length;
  }

  /** False while nothing can be stored. */
  get writable(): boolean {
    return this.#probe === null && !this.#closed;
  }

  append(records: readonly LogRecord[], options?: AppendOptions): Append {
    if (this.#closed) return refused('STG_LOG_CLOSED');
    if (this.#probe !== null) return refused(this.#tail.usable ? 'STG_LOG_FULL' : 'STG_LOG_WRITE');
    const bound = boundOfAll(records);
    if (this.inflightBytes + bound > this.#maxPending) {
      return refused('STG_OVERLOADED', { expected: `at most ${this.#maxPending} bytes not yet synced` });
    }
    const answerBy = options?.answerBy ?? performance.now() + ANSWER_MS;
    const ticket = new Ticket(this.#next, answerBy);
    this.#filling.add(records, bound, this.#next, ticket);
    this.#next += records.length;
    this.#deadlines.watch(answerBy);
    this.#running ??= this.#run();
    return ticket;
  }

  /** Runs `job` while no group is being written. */
  exclusive(job: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#between.push(() => job().then(resolve, reject));
      this.#running ??= this.#run();
    });
  }

  /** Answers everything appended before, then lets the file go. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await this.#running;
    if (this.#probe) clearInterval(this.#probe);
    this.#deadlines.close();
    await this.#tail.close();
  }

  async #run(): Promise<void> {
    while (this.#filling.tickets.length > 0 || this.#between.length > 0) {
      await new Promise(setImmediate);
      for (const job of this.#between.splice(0)) await job();
      if (this.#filling.tickets.length > 0) await this.#commit();
    }
    this.#running = null;
  }

  async #commit(): Promise<void> {
    const group = this.#filling;
    this.#filling = this.#syncing;
    this.#syncing = group;
    try {
      await this.#room.claim(group.length);
      await this.#tail.put(group.bytes, group.length, this.#tail.next + group.count);
      this.#stored(group);
    } catch (error) {
      this.#failed(group, error);
    }
    group.clear();
  }

  #stored(group: Group): void {
    const { partition } = this;
    for (const ticket of group.tickets) {
      ticket.settle({ state: 'stored', partition, first: ticket.first as Position });
    }
  }

  /**
   * What was appended meanwhile carries offsets behind the failed group and would fail for the same reason: it is
   * refused too, so that offsets stay dense.
   */
  #failed(group: Group, cause: unknown): void {
    const certain = !(cause instanceof PutFailure) || cause.certain;
    const error = reasonOf(cause);
    for (const ticket of group.tickets) ticket.settle({ state: certain ? 'not_stored' : 'unknown', error });
    for (const ticket of this.#filling.tickets) ticket.settle({ state: 'not_stored', error });
    this.#filling.clear();
    this.#next = this.#tail.next;
    if (error.code === 'STG_LOG_FULL' || !this.#tail.usable) this.#wait(group.length);
  }

  /** Not writable until there is room for what did not fit, and a segment to put it in. */
  #wait(bytes: number): void {
    const look = async (): Promise<void> => {
      if (!(await this.#room.isFree(bytes))) return;
      await this.#tail.mend();
      this.#next = this.#tail.next;
      if (this.#probe) clearInterval(this.#probe);
      this.#probe = null;
    };
    this.#probe ??= setInterval(() => void this.exclusive(look).catch(() => {}), PROBE_MS).unref();
  }
}

function reasonOf(failure: unknown): StargateError {
  if (failure instanceof StargateError) return failure;
  const cause = failure instanceof PutFailure ? failure.cause : failure;
  const got = cause instanceof Error ? cause.message : String(cause);
  return new StargateError(isNoRoom(cause) ? 'STG_LOG_FULL' : 'STG_LOG_WRITE', { got, cause });
}
