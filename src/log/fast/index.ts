/**
 * Answers before anything is stored: a policy above a log. An append is answered `stored` as soon as its records lie in
 * the memory of this process, which is bounded; storing them is tried afterwards, for as long as the process runs. So a
 * success is no promise: what a process that dies held is gone, what the log refuses for good is dropped, and so is
 * what is left when closing has taken too long. `lost` counts what was dropped.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { isStargateError, StargateError } from '../../errors.js';
import {
  type Append,
  type AppendOutcome,
  type ConsumeHandlers,
  type ConsumeOptions,
  type Consumer,
  type Log,
  type LogFeatures,
  type LogRecord,
  type PartitionLag,
  refused,
  type SendCounters,
} from '../port.js';

export interface FastOptions {
  /** Bytes of records in memory, over which appends are refused with STG_OVERLOADED. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** ms that closing waits for what is in memory. Default 7,000. */
  readonly flushMs?: number;
  /** Told of records that were answered with success, and are not known to be stored. */
  readonly onLost?: (records: number, error: unknown) => void;
}

const DEFAULTS = { maxPendingBytes: 64 * 2 ** 20, flushMs: 7_000, onLost() {} };
/** Between two tries all that wait rest together: one timer, however many they are. */
const REST_MS = 200;
/** A try without certainty goes on until it is final; this only bounds how long closing waits for the log. */
const TRY_MS = 2_000;
/** What a record takes in memory beside its value: objects, headers, its place in a batch. */
const OVERHEAD = 256;

const stored = Promise.resolve<AppendOutcome>({ state: 'stored' });
const ACCEPTED: Append = { answer: stored, final: stored };

/** Takes the log over: `close` closes it. */
export class FastLog implements Log {
  readonly topic: string;
  /** Records answered with success that were certainly not stored, and those of which nobody knows. */
  readonly lost = { not_stored: 0, unknown: 0 };
  readonly #log: Log;
  readonly #options: Required<FastOptions>;
  readonly #stop = new AbortController();
  #bytes = 0;
  #full = false;
  #pending = 0;
  #rest: Promise<void> | null = null;
  #idle: (() => void) | null = null;
  #closing: Promise<void> | null = null;
  #over = false;

  constructor(log: Log, options: FastOptions = {}) {
    this.topic = log.topic;
    this.#log = log;
    this.#options = { ...DEFAULTS, ...options };
  }

  get id(): string {
    return this.#log.id;
  }

  get features(): LogFeatures {
    return { ...this.#log.features, durable: false, lateOutcomes: false };
  }

  get counters(): SendCounters | undefined {
    return this.#log.counters;
  }

  get inflightBytes(): number {
    return this.#bytes;
  }

  /** Records in memory, answered with success and not yet stored. */
  get pending(): number {
    return this.#pending;
  }

  get writable(): boolean {
    return !this.#closing && (this.#log.writable || !this.#full);
  }

  append(records: readonly LogRecord[]): Append {
    if (this.#closing) return refused('STG_LOG_CLOSED');
    const bytes = bytesOf(records);
    this.#full = this.#bytes + bytes > this.#options.maxPendingBytes;
    if (this.#full) return refused('STG_OVERLOADED');
    this.#bytes += bytes;
    this.#pending += records.length;
    void this.#store(records).then((outcome) => this.#settled(records.length, bytes, outcome));
    return ACCEPTED;
  }

  consume(group: string, handlers: ConsumeHandlers, options?: ConsumeOptions): Promise<Consumer> {
    return this.#log.consume(group, handlers, options);
  }

  lag(group: string): Promise<readonly PartitionLag[]> {
    return this.#log.lag(group);
  }

  /** Stores what it can until `flushMs` have passed; `lost` counts the rest. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Until the log has them, or refuses them for good, or nobody can tell, or everything ends. */
  async #store(records: readonly LogRecord[]): Promise<AppendOutcome> {
    for (;;) {
      const outcome = await this.#try(records);
      const mayPass = outcome.state === 'not_stored' && !isStargateError(outcome.error, 'STG_LOG_REFUSED');
      if (!mayPass || this.#stop.signal.aborted) return outcome;
      this.#rest ??= this.#untilWritable();
      await this.#rest;
    }
  }

  async #try(records: readonly LogRecord[]): Promise<AppendOutcome> {
    const { answer, final } = this.#log.append(records, { answerBy: performance.now() + TRY_MS });
    const outcome = await answer;
    return outcome.state === 'unknown' ? final : outcome;
  }

  async #untilWritable(): Promise<void> {
    const { signal } = this.#stop;
    do await sleep(REST_MS, undefined, { signal }).catch(() => {});
    while (!this.#log.writable && !signal.aborted);
    this.#rest = null;
  }

  #settled(records: number, bytes: number, { state, error }: AppendOutcome): void {
    if (this.#over) return;
    this.#bytes -= bytes;
    this.#pending -= records;
    if (this.#bytes <= this.#options.maxPendingBytes / 2) this.#full = false;
    if (state !== 'stored') {
      this.lost[state] += records;
      this.#options.onLost(records, error);
    }
    if (this.#pending === 0) this.#idle?.();
  }

  async #close(): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    const late = new AbortController();
    if (this.#pending > 0) {
      await Promise.race([idle, sleep(this.#options.flushMs, undefined, late).catch(() => {})]);
      late.abort();
    }
    this.#stop.abort();
    await this.#log.close();
    // A log that has closed has told every outcome that it will ever tell.
    await nextTurn();
    this.#over = true;
    if (this.#pending === 0) return;
    this.lost.unknown += this.#pending;
    this.#options.onLost(this.#pending, new StargateError('STG_LOG_CLOSED'));
    this.#pending = 0;
  }
}

function bytesOf(records: readonly LogRecord[]): number {
  let bytes = 0;
  for (const { value } of records) bytes += value.length + OVERHEAD;
  return bytes;
}
