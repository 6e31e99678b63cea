import { StargateError } from '../../errors.js';
import { quoteName } from '../../event/derive/duckdb.js';
import type { RejectedRow } from '../../event/fields.js';
import type { PartitionKey, QueryOptions, QueryResult, SchemaStep, Warehouse } from '../port.js';
import { commitGroup } from './commit.js';
import { Compactor } from './compactor.js';
import type { Database } from './database.js';
import { storageError } from './errors.js';
import { publishOwner, removeOwner } from './owner.js';
import { lastPosition, rowsOf } from './positions.js';
import { runQuery } from './query.js';
import { WriteQueue } from './queue.js';
import { resume } from './saved.js';
import { databaseId, planSchema, type SqlStep } from './schema.js';
import { Store } from './store.js';
import { type AppendJob, Writer } from './writer.js';

const idOf = (key: PartitionKey): string => JSON.stringify([key.log, key.partition]);

/** The warehouse of the process that owns the database. */
export class DuckdbWarehouse implements Warehouse {
  readonly tables: Warehouse['tables'];
  readonly #database: Database;
  readonly #table: string;
  readonly #store: Store;
  readonly #queue: WriteQueue<AppendJob>;
  readonly #compactor: Compactor;
  /** Of each partition: its newest writer, and how often it was opened. */
  readonly #writers = new Map<string, Writer>();
  readonly #generations = new Map<string, number>();
  #published = false;

  constructor(database: Database, table: string) {
    this.#database = database;
    this.#table = table;
    this.tables = {
      events: /^[a-z_]\w*$/i.test(table) ? table : quoteName(table),
      rejected: 'events_rejected',
    };
    this.#store = new Store(database, table);
    this.#compactor = new Compactor(() => this.#queue.run(() => this.#store.compact()));
    this.#queue = new WriteQueue(async (jobs) => {
      await commitGroup(this.#store, jobs);
      for (const { rows, bytes } of jobs) this.#compactor.wrote(rows, bytes);
    });
  }

  planSchema(): Promise<readonly SchemaStep[]> {
    return this.#exclusive(async () => planSchema(await this.#store.connection(), this.#table));
  }

  /** All steps or none. A checkpoint follows, so that no later start has to replay a change of tables. */
  applySchema(steps: readonly SchemaStep[]): Promise<void> {
    return this.#exclusive(async () => {
      if (steps.length === 0) return;
      this.#store.reset();
      const connection = await this.#store.connection();
      await connection.run('BEGIN');
      for (const { sql } of steps as readonly SqlStep[]) await connection.run(sql);
      await connection.run('COMMIT');
      await connection.run('CHECKPOINT');
    });
  }

  async openPartition(key: PartitionKey, saved: string | null): Promise<Writer> {
    const id = idOf(key);
    const generation = (this.#generations.get(id) ?? 0) + 1;
    this.#generations.set(id, generation);
    this.#writers.get(id)?.end(`the partition ${key.partition} was opened again`);
    return this.#exclusive(async () => {
      const connection = await this.#store.connection();
      const db = await databaseId(connection);
      const rows = await rowsOf(connection, key);
      const writer = new Writer(key, resume(db, rows, saved), db, rows, this.#queue);
      if (this.#generations.get(id) === generation) this.#writers.set(id, writer);
      else writer.end(`the partition ${key.partition} was opened again`);
      return writer;
    });
  }

  lastPosition(key: PartitionKey): Promise<number | null> {
    return this.#exclusive(async () => lastPosition(await this.#store.connection(), this.#table, key));
  }

  async reject(rows: readonly RejectedRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#exclusive(() => this.#store.transaction(({ rejected }) => rejected(rows)));
  }

  query(sql: string, options?: QueryOptions): Promise<QueryResult> {
    return this.#database.lend((connection) => runQuery(connection, sql, options));
  }

  clear(): Promise<void> {
    return this.#exclusive(async () => {
      await this.#store.transaction(async ({ connection }) => {
        await connection.run(`DELETE FROM ${quoteName(this.#table)}`);
        await connection.run('DELETE FROM events_rejected');
      });
    });
  }

  async publishEndpoint({ port }: { readonly port: number }): Promise<{ readonly token: string } | null> {
    if (this.#database.path === ':memory:') return null;
    const { token } = await publishOwner(this.#database.path, port).catch((error: unknown) => {
      throw storageError(error);
    });
    this.#published = true;
    return { token };
  }

  async close(): Promise<void> {
    this.#compactor.stop();
    await this.#queue.idle();
    if (this.#published) await removeOwner(this.#database.path);
    this.#published = false;
    this.#store.reset();
    await this.#database.close();
  }

  /** In the order of the calls, alone; what DuckDB throws becomes a StargateError. */
  #exclusive<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue.run(() =>
      task().catch(async (error: unknown) => {
        if (!(error instanceof StargateError)) await this.#store.recover(error);
        throw storageError(error);
      }),
    );
  }
}
