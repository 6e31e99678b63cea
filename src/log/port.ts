/**
 * The log: what the collector appends to and the worker consumes. Adapters: `embedded`, `memory`, later `kafka`.
 *
 * Appending. `append` never throws for a failure of the backend; it answers by two promises that never
 * reject. `answer` settles at the latest at `answerBy`; `final` settles when the outcome can no longer
 * change, perhaps minutes later. `stored` means durable by the adapter's own standard (fsynced; acks=all).
 * `not_stored` means that the records are certainly not, and never will be, in the log: the caller may send
 * them again. `unknown` means neither is certain: sending again can make a second record with the same
 * event_id. An `answer` of `unknown` may become `stored` or `not_stored` in `final`; any other answer is
 * final at once. All records of one call share one outcome, stand in one partition, in order.
 *
 * Consuming. A group is registered at its first `consume`, and from then on retention keeps what it has not
 * committed. One process consumes for a group, or several share its partitions, as the adapter can
 * (`features.sharedGroups`). For every partition that becomes ours the adapter awaits `onAssigned` before
 * the first `onBatch`; batches of one partition come one at a time, in order; partitions are independent of
 * each other, so a handler that waits holds up only its own partition. `onRevoked` comes when a partition is
 * taken away or the consumer closes, after the running `onBatch` of it has returned.
 *
 * Committing. A committed position is the position *behind* the last record done, and carries an opaque text
 * `saved` (≤ 4,096 bytes) that comes back with it. A commit belongs to one assignment: once that has ended,
 * `commit` rejects with STG_LOG_FENCED and changes nothing, even if this process was assigned the partition
 * again. A commit that resolved is durable. Commits of one partition take effect in the order of their calls.
 */

import { type ErrorCode, type ErrorDetails, StargateError } from '../errors.js';

declare const position: unique symbol;
/** A place in a partition. Opaque: only `after` and equality are for callers. */
export type Position = number & { readonly [position]: 'Position' };

/** The position behind the record at `at`. */
export const after = (at: Position): Position => (at + 1) as Position;

export interface LogRecord {
  readonly key: string | null;
  readonly value: Buffer;
  /** Few and short; values are ASCII text. */
  readonly headers?: Readonly<Record<string, string>>;
  /** ms since 1970. */
  readonly timestamp: number;
}

export interface AppendOutcome {
  readonly state: 'stored' | 'not_stored' | 'unknown';
  /** For `stored`: the partition, and the position of the first record; the others follow it. */
  readonly partition?: number;
  readonly first?: Position;
  /** For the other two: why. A StargateError where the adapter can tell. */
  readonly error?: Error;
}

export interface Append {
  readonly answer: Promise<AppendOutcome>;
  readonly final: Promise<AppendOutcome>;
}

/** An outcome that is known at once: `not_stored`, for that reason. */
export function refused(code: ErrorCode, details: ErrorDetails = {}): Append {
  const outcome: AppendOutcome = { state: 'not_stored', error: new StargateError(code, details) };
  const answer = Promise.resolve(outcome);
  return { answer, final: answer };
}

export interface AppendOptions {
  /** ms on the clock of `performance.now()`; without it the adapter's default deadline counts. */
  readonly answerBy?: number;
}

export interface ConsumedRecord extends LogRecord {
  readonly position: Position;
}

export interface Batch {
  readonly partition: number;
  /** At least one, in order; positions grow but need not be dense. */
  readonly records: readonly ConsumedRecord[];
  /** Position behind the newest readable record when the batch was fetched. */
  readonly end: Position;
}

export interface Assignment {
  readonly partition: number;
  /** Committed position of the group, or null where there is none. */
  readonly committed: Position | null;
  /** The text committed with it; null where there is none, or an empty one. */
  readonly saved: string | null;
  /** Oldest and newest readable position (`end` is behind the newest record). */
  readonly start: Position;
  readonly end: Position;
  /** Aborted when the partition is no longer ours. */
  readonly signal: AbortSignal;
  /**
   * Where reading begins; only inside `onAssigned`. Default: the committed position, else `from` of `consume`.
   * A committed position that lies before the log's start begins at the start; one behind the log's end is
   * an alarm: `onAssigned` is not called, and the consumer's `failed` rejects with STG_LOG_POSITION.
   */
  seek(to: Position): void;
  /**
   * Resolves when durable. Rejects with STG_LOG_FENCED when the assignment has ended, with STG_LOG_WRITE when
   * the log cannot take it now: the position stands where it stood, and the commit may be made again.
   */
  commit(behind: Position, saved: string): Promise<void>;
}

export interface ConsumeHandlers {
  onAssigned(assignment: Assignment): Promise<void>;
  /**
   * The next batch of the partition comes after the promise has resolved. A rejection ends the consumer, of any of
   * the three; but not STG_LOG_FENCED, once the assignment's signal is aborted: others have the partition then.
   */
  onBatch(batch: Batch): Promise<void>;
  onRevoked(partition: number): Promise<void>;
}

export interface ConsumeOptions {
  /** Where a group without a commit begins. Default `earliest`. */
  readonly from?: 'earliest' | 'latest';
  /** Upper bound of one batch. Defaults: 2,000 records, 4 MiB of values. */
  readonly maxRecords?: number;
  readonly maxBytes?: number;
}

export interface Consumer {
  /** Rejects when the consumer cannot go on (a handler threw, an alarm); resolves after `close`. */
  readonly done: Promise<void>;
  /** Stops fetching, waits for running handlers, calls onRevoked, releases the group. Idempotent. */
  close(): Promise<void>;
}

export interface PartitionLag {
  readonly partition: number;
  /** Null where the group has no commit yet. */
  readonly committed: Position | null;
  readonly end: Position;
  readonly records: number;
  /** Age in seconds of the oldest record not committed; 0 without lag, null where unknown. */
  readonly seconds: number | null;
  /** Upper bound of the bytes that the log keeps for those records, where it can tell. */
  readonly bytes?: number;
}

/** What an adapter that sends to brokers has counted since it was opened. */
export interface SendCounters {
  readonly requests: number;
  readonly batches: number;
  /** Batches that were sent again. */
  readonly resends: number;
  /** Bytes of batches as sent, each time they were. */
  readonly bytes: number;
  /** Answers that were no acknowledgement, by kind: names of the adapter's own, and few. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface LogFeatures {
  /** Records outlive the process. */
  readonly durable: boolean;
  /** Several consumers can share one group. */
  readonly sharedGroups: boolean;
  /** `answer` may be `unknown` and change later. */
  readonly lateOutcomes: boolean;
  /** Keeps to a size limit of its own (`maxBytes`); else whoever runs the log limits it. */
  readonly bounded: boolean;
}

export interface Log {
  /** Stays the same for the life of the log's data, and differs between logs: key of positions tables. */
  readonly id: string;
  /** Written to `kafka_topic`. */
  readonly topic: string;
  readonly features: LogFeatures;
  append(records: readonly LogRecord[], options?: AppendOptions): Append;
  /** Bytes of records appended and not yet final. */
  readonly inflightBytes: number;
  /** False while nothing can be stored (a full disk, no leader): turns readiness red. */
  readonly writable: boolean;
  /**
   * Of adapters that can tell: false while the last answer was that what is appended now would not be stored in time,
   * though somebody is there to answer. An append is tried all the same; one that is taken makes it true again.
   */
  accepts?(records: readonly LogRecord[]): boolean;
  /** Of adapters that count what they send. */
  readonly counters?: SendCounters | undefined;
  consume(group: string, handlers: ConsumeHandlers, options?: ConsumeOptions): Promise<Consumer>;
  lag(group: string): Promise<readonly PartitionLag[]>;
  /** Waits for appends under way and closes consumers. Later appends are not_stored with STG_LOG_CLOSED. */
  close(): Promise<void>;
}

/** One thing that a log needs before it can be used. */
export interface SetupStep {
  /** One line for a person: "create topic events: 6 partitions, …". */
  readonly title: string;
}

export interface SetupPlan<S extends SetupStep = SetupStep> {
  /** In order; empty when nothing is to be done. */
  readonly steps: readonly S[];
  /** Sentences about what is not as it could be, and that setting up does not change. */
  readonly notes: readonly string[];
}

/** Preparation of a log that lives elsewhere: a plan first, which changes nothing, then the same plan carried out. */
export interface LogSetup {
  plan(): Promise<SetupPlan>;
  /** Carries out a plan of this setup. A second time there is nothing left to do. */
  apply(plan: SetupPlan): Promise<void>;
  close(): void;
}

/** What of a person a log on this machine held. */
export interface ErasedRecords {
  readonly erased: number;
  /** Still to be read by a group, and therefore left. */
  readonly waiting: number;
}
