/**
 * The warehouse: where the worker writes and people query. Adapters: `duckdb`, `memory`, later `bigquery`.
 *
 * Positions are part of the write. A worker that becomes owner of a partition calls `openPartition` with the
 * text `saved` that the log committed beside the position (null where there is none). Opening fences whatever
 * wrote to the partition before: its later appends fail with STG_WAREHOUSE_FENCED and store nothing. `skip`
 * says how many *storable* records from the committed position on are stored already; the worker passes over
 * exactly that many, and commits a position among them only with the text of `savedAfter`: the text of the
 * position before them would make the next owner pass over as many again, and lose what is behind them. `skip` below zero means the log claims more than the warehouse holds: the adapter
 * throws STG_WAREHOUSE_MISMATCH instead, and the worker stops with an alarm. The new `saved` is committed
 * with the *unchanged* position before the first append. `restart` asks the worker to ignore the committed
 * position and read from the log's start (a new database, told by its id).
 *
 * `append` is called in order, and several calls may be under way. Its promise resolves when the rows are
 * durable *and queryable*; `saved` belongs to the position behind the last row of the call, and may be
 * committed with that position (or with a later one, when only rejected records stand between). Where one row
 * is refused, rows before it are stored, it and all rows behind it are not, and later appends of the same
 * writer fail: the worker rejects that record, opens the partition again, and commits (bad + 1, the new
 * `saved`) before any row behind it. On any other failure nothing of the call may be assumed: the
 * partition is opened again, as after a crash.
 *
 * `reject` stores records that are no events, at least once, keyed by log coordinates (a second time changes
 * nothing). It must have resolved before a position behind such a record is committed.
 *
 * Whether a record is storable is a pure function of its bytes (`event/record.ts`), so that "the first k
 * storable records" means the same before and after a crash.
 */
import type { EventRow, RejectedRow } from '../event/fields.js';
import type { Person } from '../event/person.js';

/** A record of the log that is an event. The bytes are there; the event is made of them when somebody asks for it. */
export interface AppendRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ms since 1970. */
  readonly timestamp: number;
  readonly key: string | null;
  /** The record's bytes: the event without its transport columns. */
  readonly value: Buffer;
  /** Where in `value` the text of `data_layer` stands as JSON.stringify writes it; null where it has to be written. */
  readonly layer: Range | null;
  /** All columns. The first look may cost a JSON.parse. */
  readonly event: EventRow;
}

/** Bytes from `from` up to and without `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface AppendReceipt {
  /** Rows stored by this call: all of them, or those before `refused`. */
  readonly stored: number;
  readonly saved: string;
  readonly refused?: { readonly index: number; readonly message: string };
}

export interface PartitionWriter {
  readonly skip: number;
  /** Text for the unchanged position. */
  readonly saved: string;
  /** Text for the position behind the first `skipped` storable records, 0 … `skip`: they are stored already. */
  savedAfter(skipped: number): string;
  readonly restart: boolean;
  /**
   * Why it cannot be told which records are stored already, or null. `skip` is 0 then: the worker goes on behind
   * `lastPosition`, and stops where there is none.
   */
  readonly uncounted?: string | null;
  append(rows: readonly AppendRow[]): Promise<AppendReceipt>;
}

export interface PartitionKey {
  /** `Log.id` and `Log.topic`. */
  readonly log: string;
  readonly topic: string;
  readonly partition: number;
}

export interface QueryOptions {
  /** Default 10,000; more rows are cut and `truncated` says so. */
  readonly maxRows?: number;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Bytes that it may be billed for, where reading costs money; more is refused with STG_QUERY_COST. */
  readonly maxBytes?: number;
  /** Answered from the table, where a cache could answer. */
  readonly fresh?: boolean;
}

/** What a statement costs before it runs. */
export interface QueryCost {
  /** Bytes of the columns and partitions that it names. */
  readonly bytes: number;
  readonly usd: number;
  /** What a query costs at least as soon as there is anything for it to read. */
  readonly least?: { readonly bytes: number; readonly usd: number };
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** JSON forms: TIMESTAMP as ISO text with Z, DATE as YYYY-MM-DD, NUMERIC as text, INT64 as number where it is safe, else text. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly truncated: boolean;
}

export interface SchemaStep {
  /** One line for a person: "create table events". What else it holds is the adapter's. */
  readonly title: string;
}

export interface SchemaPlan<S extends SchemaStep = SchemaStep> {
  /** In order; empty when nothing is to be done. */
  readonly steps: readonly S[];
  /** Sentences about what is not as it could be, and that setting up does not change. */
  readonly notes: readonly string[];
}

/** Preparation of a warehouse that lives elsewhere: a plan first, which changes nothing, then the same plan carried out. */
export interface WarehouseSetup {
  plan(): Promise<SchemaPlan>;
  /** Carries out a plan of this setup. A second time there is nothing left to do. */
  apply(plan: SchemaPlan): Promise<void>;
}

export interface Warehouse {
  /** Names as queries must write them, such as `events`. */
  readonly tables: { readonly events: string; readonly rejected: string };
  /** Bytes of records that a worker should hold at most while they are not stored; the worker's own default without it. */
  readonly roomBytes?: number;
  /** What is missing or older than this version; empty when nothing is to be done. Never destructive. */
  planSchema(): Promise<readonly SchemaStep[]>;
  applySchema(steps: readonly SchemaStep[]): Promise<void>;
  openPartition(key: PartitionKey, saved: string | null): Promise<PartitionWriter>;
  /**
   * Highest position known to be done for the partition, from the positions table and from the rows, or null.
   * The recovery of last resort, where the log has no commit (a new group, an expired offset).
   */
  lastPosition(key: PartitionKey): Promise<number | null>;
  reject(rows: readonly RejectedRow[]): Promise<void>;
  /**
   * One read-only statement. Errors: STG_QUERY_REFUSED, STG_QUERY_FAILED, STG_QUERY_TIMEOUT.
   */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  /** What `query` would cost, without running it; absent where queries cost nothing. Errors: as of `query`. */
  readonly cost?: (sql: string) => Promise<QueryCost>;
  /** Deletes event and rejected rows; positions stay, so nothing is read again. */
  clear(): Promise<void>;
  /** Tells other processes of this machine where queries go, where the file has a single owner. */
  publishEndpoint(endpoint: { readonly port: number }): Promise<{ readonly token: string } | null>;
  close(): Promise<void>;
}

export interface PersonRows {
  readonly events: number;
  readonly rejected: number;
}

/** Erases a person. Positions stay, so that nothing is read again. */
export interface Erasure {
  /** Rows about the person: by their columns, by the push, and by the text of rejected ones. */
  find(person: Person): Promise<PersonRows>;
  /** Deletes them, and tells how many there were. Errors: STG_FORGET_INCOMPLETE where some are still there. */
  erase(person: Person): Promise<PersonRows>;
  /** Sentences about where deleted rows can still be found, and until when. */
  remains(): Promise<readonly string[]>;
  close(): Promise<void>;
}
