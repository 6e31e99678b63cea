import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import type { Database } from './database.js';
import { isFatal } from './errors.js';
import { type EventInserter, eventInserter } from './insert.js';
import { positionUpdater } from './positions.js';
import { type RejectedInserter, rejectedInserter } from './rejected.js';

/** What a transaction can do. */
export interface Writes {
  readonly connection: DuckDBConnection;
  readonly events: EventInserter;
  readonly rejected: RejectedInserter;
  readonly position: Awaited<ReturnType<typeof positionUpdater>>;
}

interface Session extends Writes {
  readonly begin: DuckDBPreparedStatement;
  readonly commit: DuckDBPreparedStatement;
}

/**
 * The only connection that writes, with its statements, made when first needed. One transaction at a time: the
 * write queue sees to that.
 */
export class Store {
  readonly #database: Database;
  readonly #table: string;
  #connection: DuckDBConnection | null = null;
  #session: Session | null = null;

  constructor(database: Database, table: string) {
    this.#database = database;
    this.#table = table;
  }

  /** Without the tables: for schema work and reads. */
  async connection(): Promise<DuckDBConnection> {
    this.#connection ??= await this.#database.connect();
    return this.#connection;
  }

  /** Commits what `work` wrote, or nothing of it. After a fatal error the next try opens the database anew. */
  async transaction<T>(work: (writes: Writes) => Promise<T>): Promise<T> {
    const session = await this.#open();
    try {
      await session.begin.run();
      const result = await work(session);
      await session.commit.run();
      return result;
    } catch (error) {
      await this.recover(error);
      throw error;
    }
  }

  /** Writes all to the file and merges one piece of small row groups; nothing else is stored meanwhile. */
  async compact(): Promise<void> {
    const connection = await this.connection();
    try {
      await connection.run('SET GLOBAL max_vacuum_tasks = 1');
      await connection.run('FORCE CHECKPOINT');
      await connection.run('SET GLOBAL max_vacuum_tasks = 0');
    } catch (error) {
      await this.recover(error);
      throw error;
    }
  }

  /** Forgets statements and staging: the tables changed, or the last transaction failed. */
  reset(): void {
    this.#session = null;
    this.#connection?.closeSync();
    this.#connection = null;
  }

  /** After a failure of this connection: forgets it, and the database too where that refuses everything now. */
  async recover(error: unknown): Promise<void> {
    // A failed statement may leave rows in an appender; a new connection is the only sure way to be rid of them.
    this.reset();
    if (isFatal(error)) await this.#database.discard();
  }

  async #open(): Promise<Session> {
    if (this.#session !== null) return this.#session;
    const connection = await this.connection();
    this.#session = {
      connection,
      begin: await connection.prepare('BEGIN'),
      commit: await connection.prepare('COMMIT'),
      events: await eventInserter(connection, this.#table),
      rejected: await rejectedInserter(connection),
      position: await positionUpdater(connection),
    };
    return this.#session;
  }
}
