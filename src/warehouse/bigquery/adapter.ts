import { StargateError } from '../../errors.js';
import { protoMessage } from '../../event/derive/protobuf.js';
import { FIELDS, REJECTED_FIELDS, type RejectedRow } from '../../event/fields.js';
import type { PartitionKey, QueryOptions, QueryResult, SchemaStep, Warehouse } from '../port.js';
import type { StorageClient } from './client.js';
import { Connection } from './connection.js';
import { recordEncoder } from './encode.js';
import { Positions, type PositionsSettings } from './positions.js';
import { fittingRejected } from './rejected.js';
import { encodeSaved, RULES, tableId } from './saved.js';
import { Sink } from './sink.js';
import { type Counted, missingColumns, Streams } from './streams.js';
import { POSITION_FIELDS, POSITIONS, REJECTED } from './tables.js';
import { daily } from './trim.js';
import { Writer } from './writer.js';

/** What is done by SQL: tables, views, queries, and the position of last resort. */
export interface BigquerySql
  extends Pick<Warehouse, 'tables' | 'planSchema' | 'applySchema' | 'query' | 'cost' | 'clear'> {
  /** From `stargate_positions` and from the rows, as the port says; the table is written up to now. */
  lastPosition(key: PartitionKey): Promise<number | null>;
  /** Starts deleting the rows of `stargate_positions` that no longer count. */
  trimPositions(): Promise<void>;
  close(): Promise<void>;
}

export interface BigquerySettings extends PositionsSettings {
  readonly project: string;
  readonly dataset: string;
  readonly table: string;
  readonly delivery: 'exactly-once' | 'at-least-once';
  /** See `StreamsSettings`. */
  readonly recountMs: number | null;
  /** ms until an append without an answer counts as failed. */
  readonly answerMs: number;
  /** ms until `stargate_positions` is trimmed first, then daily. A worker that starts again and again never gets there. */
  readonly trimMs: number;
  /** ms that new columns of the table may take until BigQuery writes to them. */
  readonly schemaMs: number;
}

/** A request may have 10 MB, with all that is around its rows. */
const MOST_ROW_BYTES = 9 * 2 ** 20;
/**
 * A row under way is there three more times: in a request's rows, its message, its frame. This much is 5,600 page views:
 * where an append takes 150 ms, 37,000 rows a second.
 */
const ROOM_BYTES = 8 * 2 ** 20;
const DESCRIPTOR = protoMessage('Event', FIELDS);

/** A warehouse in BigQuery: rows by the Storage Write API, the rest by SQL. */
export class BigqueryWarehouse implements Warehouse {
  readonly tables: Warehouse['tables'];
  readonly cost: Warehouse['cost'];
  readonly roomBytes = ROOM_BYTES;
  readonly #client: StorageClient;
  readonly #sql: BigquerySql;
  readonly #settings: BigquerySettings;
  readonly #path: string;
  readonly #tableId: string;
  readonly #streams: Streams;
  readonly #rejected: Sink;
  readonly #positionsSink: Sink;
  readonly #positions: Positions;
  readonly #endTrimming: () => void;
  readonly #encode = recordEncoder(FIELDS, MOST_ROW_BYTES);
  /** Of each partition: its newest writer, and how often it was opened. */
  readonly #writers = new Map<string, Writer>();
  readonly #generations = new Map<string, number>();
  #schemaMissedAt: number | null = null;

  constructor(client: StorageClient, sql: BigquerySql, settings: BigquerySettings) {
    this.#client = client;
    this.#sql = sql;
    this.#settings = settings;
    this.tables = sql.tables;
    this.cost = sql.cost;
    const dataset = `projects/${settings.project}/datasets/${settings.dataset}/tables`;
    this.#path = `${dataset}/${settings.table}`;
    this.#tableId = tableId(this.#path);
    const { recountMs, answerMs, trimMs } = settings;
    this.#streams = new Streams(client, { table: this.#path, tableId: this.#tableId, recountMs });
    const sink = (table: string, message: string, fields: typeof REJECTED_FIELDS | typeof POSITION_FIELDS) =>
      new Sink(client, { table: `${dataset}/${table}`, message, fields, answerMs });
    this.#rejected = sink(REJECTED, 'Rejected', REJECTED_FIELDS);
    this.#positionsSink = sink(POSITIONS, 'Position', POSITION_FIELDS);
    this.#positions = new Positions(this.#positionsSink, settings);
    this.#endTrimming = daily(() => sql.trimPositions(), trimMs);
  }

  planSchema(): Promise<readonly SchemaStep[]> {
    return this.#sql.planSchema();
  }

  applySchema(steps: readonly SchemaStep[]): Promise<void> {
    return this.#sql.applySchema(steps);
  }

  async openPartition(key: PartitionKey, saved: string | null): Promise<Writer> {
    const id = JSON.stringify([key.log, key.partition]);
    const generation = (this.#generations.get(id) ?? 0) + 1;
    this.#generations.set(id, generation);
    const reason = `partition ${key.partition} was opened again`;
    const previous = this.#writers.get(id);
    previous?.end(reason);
    await previous?.idle();
    const counted = await this.#streams.count(saved);
    const writer = await this.#writer(key, counted);
    this.#positions.opened(key);
    if (this.#generations.get(id) === generation) this.#writers.set(id, writer);
    else writer.end(reason);
    return writer;
  }

  async lastPosition(key: PartitionKey): Promise<number | null> {
    await this.#positions.flush();
    return this.#sql.lastPosition(key);
  }

  async reject(rows: readonly RejectedRow[]): Promise<void> {
    const now = Date.now();
    await this.#rejected.append(rows.map((row) => fittingRejected(row, now)));
  }

  query(sql: string, options?: QueryOptions): Promise<QueryResult> {
    return this.#sql.query(sql, options);
  }

  async clear(): Promise<void> {
    await this.#positions.flush();
    await this.#sql.clear();
  }

  /** Everybody who may, asks BigQuery itself. */
  async publishEndpoint(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {
    this.#endTrimming();
    for (const writer of this.#writers.values()) writer.end('the warehouse was closed');
    await Promise.all([...this.#writers.values()].map((writer) => writer.idle()));
    await this.#positions.flush();
    this.#rejected.close();
    this.#positionsSink.close();
    this.#client.close();
    await this.#sql.close();
  }

  async #writer(key: PartitionKey, counted: Counted): Promise<Writer> {
    const exactly = this.#settings.delivery === 'exactly-once';
    const stream = exactly ? await this.#newStream() : `${this.#path}/streams/_default`;
    const id = exactly ? (stream.split('/').at(-1) ?? '') : null;
    const saved = (offset: number) =>
      encodeSaved({ t: this.#tableId, s: id, r: exactly ? offset : Math.min(offset, 0), v: RULES });
    return new Writer(
      { ...counted, saved },
      {
        connection: new Connection(this.#client, {
          ...{ stream, descriptor: DESCRIPTOR, answerMs: this.#settings.answerMs },
        }),
        encode: this.#encode,
        offsets: exactly,
        finalize: async (rows) => (exactly ? this.#streams.finalize(stream) : rows),
        stored: ({ offset }) => this.#positions.done(key, offset),
      },
    );
  }

  /** A stream that takes every column. BigQuery needs minutes to write to columns that were just added. */
  async #newStream(): Promise<string> {
    const { name, tableSchema } = await this.#streams.create();
    const missing = tableSchema?.fields?.length ? missingColumns(FIELDS, tableSchema.fields) : [];
    if (missing.length === 0) this.#schemaMissedAt = null;
    else throw this.#schemaMissing(missing);
    return name;
  }

  #schemaMissing(missing: readonly string[]): StargateError {
    const now = performance.now();
    this.#schemaMissedAt ??= now;
    const details = { expected: 'every column of the event', got: `none named ${missing.join(', ')}` };
    if (now - this.#schemaMissedAt > this.#settings.schemaMs)
      return new StargateError('STG_WAREHOUSE_SCHEMA', {
        ...details,
        next: 'Run stargate setup with the same --warehouse to add them.',
      });
    return new StargateError('STG_WAREHOUSE_UNREACHABLE', {
      message: 'The table does not have all columns yet.',
      ...details,
      next: 'New columns take BigQuery some minutes; the worker tries again by itself.',
    });
  }
}
