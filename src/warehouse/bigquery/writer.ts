import type { StargateError } from '../../errors.js';
import type { AppendReceipt, AppendRow, PartitionWriter } from '../port.js';
import type { AppendAnswer } from './client.js';
import type { Connection } from './connection.js';
import { type EncodeRecord, Unfit } from './encode.js';
import { failed, fenced, isFinalized } from './errors.js';
import { before, type Job, Outbox, placeOf, type Request } from './requests.js';

const MOST_IN_FLIGHT = 4;

/** What a writer was opened with. */
export interface Opened {
  readonly skip: number;
  readonly restart: boolean;
  readonly uncounted: string | null;
  /** Text for a position whose record has this offset in the stream. */
  saved(offset: number): string;
}

export interface WriterContext {
  readonly connection: Connection;
  /** False on a default stream, where what is sent again is stored again: at least once. */
  readonly offsets: boolean;
  readonly encode: EncodeRecord;
  /** Closes the stream for good, and counts its rows, which are `stored` as far as the writer knows. */
  finalize(stored: number): Promise<number>;
  /** Rows are stored up to this row, in order. */
  stored(last: AppendRow): void;
}

/**
 * The rows of one ownership, in order, on a stream of their own: row number j has offset j. Up to four requests are
 * under way; what comes meanwhile goes together into the next, without a timer. Whatever is not a clean answer ends
 * the writer: the partition is opened again, and the stream's final count is the truth (exactly-once.md).
 */
export class Writer implements PartitionWriter {
  readonly skip: number;
  readonly saved: string;
  readonly restart: boolean;
  readonly uncounted: string | null;
  readonly #opened: Opened;
  readonly #context: WriterContext;
  readonly #outbox = new Outbox();
  readonly #jobs: Job[] = [];
  readonly #lasts = new WeakMap<Job, AppendRow>();
  readonly #idle = new Set<() => void>();
  /** Rows of all appends, sent, and stored. */
  #taken = 0;
  #next = 0;
  #stored = 0;
  #underWay = 0;
  #ended: StargateError | null = null;

  constructor(opened: Opened, context: WriterContext) {
    this.#opened = opened;
    this.#context = context;
    this.skip = opened.skip;
    this.restart = opened.restart;
    this.uncounted = opened.uncounted;
    this.saved = opened.saved(-opened.skip);
  }

  savedAfter(skipped: number): string {
    return this.#opened.saved(skipped - this.skip);
  }

  append(rows: readonly AppendRow[]): Promise<AppendReceipt> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const job = this.#encode(rows, { resolve, reject });
      this.#jobs.push(job);
      this.#outbox.add(job);
      if (job.refused) this.#ended = refusal();
      this.#pump();
      if (job.rows.length === 0) this.#settle();
    });
  }

  /** Nothing is sent any more; what is under way may still be answered, and is, before `idle` resolves. */
  end(got: string): void {
    this.#ended ??= fenced(got);
    this.#outbox.clear();
    for (const job of this.#jobs.splice(0)) {
      if (job.sent < job.rows.length || job.refused) job.reject(this.#ended);
      else this.#jobs.push(job);
    }
  }

  async idle(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.add(resolve));
    this.#context.connection.close();
  }

  #encode(rows: readonly AppendRow[], settle: Pick<Job, 'resolve' | 'reject'>): Job {
    const encoded: Buffer[] = [];
    let refused: Job['refused'] = null;
    for (let index = 0; index < rows.length; index++) {
      const bytes = this.#context.encode(rows[index]!);
      if (bytes instanceof Unfit) {
        refused = { index, message: bytes.message };
        break;
      }
      encoded.push(bytes);
    }
    const job: Job = { begin: this.#taken, rows: encoded, sent: 0, stored: 0, refused, ...settle };
    this.#taken += encoded.length;
    const last = rows[encoded.length - 1];
    if (last) this.#lasts.set(job, last);
    return job;
  }

  /** Sends while the next request is full or nothing is under way. */
  #pump(): void {
    const { connection, offsets } = this.#context;
    // Without offsets nothing tells whose answer it is.
    const most = offsets ? MOST_IN_FLIGHT : 1;
    while (!this.#outbox.empty && connection.inFlight < most) {
      if (connection.inFlight > 0 && !this.#outbox.full) return;
      const request = this.#outbox.take(this.#next);
      this.#next += request.rows.length;
      void this.#send(request);
    }
  }

  async #send(request: Request): Promise<void> {
    const { connection, offsets } = this.#context;
    this.#underWay++;
    try {
      const answer = await connection.send(request.rows, offsets ? request.offset : null);
      // Behind a refused row: it was meant for an offset that the stream does not reach.
      if (request.offset > this.#stored) return this.#stale(answer);
      if (answer.rowErrors?.length) await this.#refuse(request, answer.rowErrors);
      else if (answer.error) this.#break(errorOf(answer.error));
      else this.#took(request);
    } catch (error) {
      this.#break(failed('append rows', error));
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#release();
    }
  }

  #took({ parts, rows }: Request): void {
    for (const { job, count } of parts) job.stored += count;
    this.#stored += rows.length;
    this.#settle();
    this.#pump();
  }

  /** Resolves, in order, the appends that are stored as a whole. */
  #settle(): void {
    for (let job = this.#jobs[0]; job && job.stored === job.rows.length; job = this.#jobs[0]) {
      this.#jobs.shift();
      const last = this.#lasts.get(job);
      if (last) this.#context.stored(last);
      if (job.refused) return void this.#close(job);
      // Of appends that were answered together each has the text of its own end.
      job.resolve({ stored: job.stored, saved: this.#opened.saved(job.begin + job.stored) });
    }
  }

  /** The service refused rows: the whole request is not stored, and what was sent behind it cannot be. */
  async #refuse(request: Request, errors: NonNullable<AppendAnswer['rowErrors']>): Promise<void> {
    const [first] = [...errors].sort((a, b) => Number(a.index ?? 0) - Number(b.index ?? 0));
    const at = Number(first?.index ?? 0);
    const { job, index } = placeOf(request, at);
    job.rows = job.rows.slice(0, index);
    job.refused = { index, message: String(first?.message ?? 'refused') };
    this.#ended = refusal();
    this.#outbox.clear();
    for (const later of this.#jobs.splice(this.#jobs.indexOf(job) + 1)) later.reject(this.#ended);
    this.#next = request.offset + at;
    if (at > 0) await this.#send(before(request, at));
    else this.#settle();
  }

  /** A refused row's append: nothing may land on the stream any more before the row counts as refused. */
  async #close(job: Job): Promise<void> {
    this.#ended ??= refusal();
    this.#underWay++;
    try {
      const rows = await this.#context.finalize(this.#stored);
      if (rows !== this.#stored) throw new Error(`the stream has ${rows} rows, not ${this.#stored}`);
      job.resolve({ stored: job.stored, saved: this.#opened.saved(rows), refused: job.refused! });
    } catch (error) {
      job.reject(failed('finalize a stream', error));
    } finally {
      this.#underWay--;
      this.#context.connection.close();
      if (this.#underWay === 0) this.#release();
    }
  }

  #stale(answer: AppendAnswer): void {
    if (!answer.error) {
      if (this.#context.offsets)
        this.#break(failed('keep to offsets', new Error('rows stored behind a gap')));
    } else if (this.#ended === null) this.#break(errorOf(answer.error));
  }

  #break(error: StargateError): void {
    this.#ended = error;
    this.#outbox.clear();
    this.#context.connection.close();
    for (const job of this.#jobs.splice(0)) job.reject(error);
  }

  #release(): void {
    for (const go of this.#idle) go();
    this.#idle.clear();
  }
}

const refusal = (): StargateError => fenced('an append behind a refused row');

const errorOf = (error: NonNullable<AppendAnswer['error']>): StargateError =>
  isFinalized(error) ? fenced('the stream was finalized') : failed('append rows', error);
