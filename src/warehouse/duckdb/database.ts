import { mkdir, realpath } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { isLockError, lockedBy, lockHolder, storageError } from './errors.js';

export interface DatabaseOptions {
  /** Bytes that DuckDB may use, never more than a quarter of the machine. Default 1 GiB. */
  readonly memoryLimit?: number;
  readonly readOnly?: boolean;
}

const MIB = 1_048_576;
/** How long an owner waits for a reader (`query` beside no owner) to let go of the file, ms. */
const LOCK_PATIENCE = 1_500;

/**
 * Files open in this process. DuckDB's lock is a POSIX record lock, which does not keep a second instance of
 * the same process out; two instances on one file would destroy it.
 */
const openHere = new Set<string>();

/**
 * - threads 1: a statement runs on the thread that called it, so writes and queries still run beside each
 *   other; a second worker thread made small inserts 40 % slower and large ones 30 % dearer.
 * - A checkpoint stalls writers for its length. 8 MiB of WAL and no merging of row groups keep it below
 *   100 ms; the defaults stalled for a second. `compact` merges when it does not hurt.
 * - Allocator threads give memory back to the system: without them what a merge took (150 MiB) stayed resident
 *   for ever.
 */
function settings(options: DatabaseOptions): Record<string, string> {
  const memory = Math.min(options.memoryLimit ?? 1024 * MIB, totalmem() / 4);
  return {
    access_mode: options.readOnly ? 'READ_ONLY' : 'READ_WRITE',
    threads: options.readOnly ? '2' : '1',
    memory_limit: `${Math.round(memory / MIB)}MiB`,
    checkpoint_threshold: '8MiB',
    max_vacuum_tasks: '0',
    allocator_background_threads: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    enable_external_access: 'false',
    allowed_configs: "['max_vacuum_tasks']",
  };
}

/** One DuckDB instance, locked down before anybody can use it; a new one after a fatal error. */
export class Database {
  readonly path: string;
  readonly #options: DatabaseOptions;
  readonly #key: string | null;
  readonly #guests = new Map<Guest, Promise<unknown>>();
  #instance: Promise<DuckDBInstance> | null;

  private constructor(path: string, options: DatabaseOptions, key: string | null, instance: DuckDBInstance) {
    this.path = path;
    this.#options = options;
    this.#key = key;
    this.#instance = Promise.resolve(instance);
  }

  /** Opens (and creates, unless read-only) the file; `:memory:` has none. Errors: STG_WAREHOUSE_LOCKED, _UNREACHABLE. */
  static async open(path: string, options: DatabaseOptions = {}): Promise<Database> {
    const key = path === ':memory:' ? null : await reserve(path, options);
    try {
      return new Database(path, options, key, await patiently(path, options));
    } catch (error) {
      if (key !== null) openHere.delete(key);
      throw error;
    }
  }

  /** A connection for the writer, who closes it before `discard` and `close`. */
  async connect(): Promise<DuckDBConnection> {
    // One promise for all who come while it opens: two instances on one file would destroy it.
    this.#instance ??= patiently(this.path, this.#options);
    const opening = this.#instance;
    try {
      return await (await opening).connect();
    } catch (error) {
      if (this.#instance === opening && (await failed(opening))) this.#instance = null;
      throw error;
    }
  }

  /** Lends a connection to a query. */
  async lend<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const guest: Guest = { connection: null };
    const result = this.#lend(guest, work).finally(() => this.#guests.delete(guest));
    this.#guests.set(guest, result);
    return result;
  }

  /**
   * Lets go of an instance that refuses everything; the next connection opens a new one, which reads back what
   * was committed. Queries are ended first: two instances on one file at a time would destroy it.
   */
  async discard(): Promise<void> {
    const instance = await this.#instance?.catch(() => null);
    while (this.#guests.size > 0) {
      for (const { connection } of this.#guests.keys()) connection?.interrupt();
      await Promise.race([Promise.allSettled(this.#guests.values()), sleep(50)]);
    }
    instance?.closeSync();
    this.#instance = null;
  }

  async close(): Promise<void> {
    await this.discard();
    if (this.#key !== null) openHere.delete(this.#key);
  }

  async #lend<T>(guest: Guest, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect().catch((error: unknown) => {
      throw storageError(error);
    });
    guest.connection = connection;
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }
}

/** A query that has, or is about to have, a connection. */
interface Guest {
  connection: DuckDBConnection | null;
}

const failed = (opening: Promise<unknown>): Promise<boolean> =>
  opening.then(
    () => false,
    () => true,
  );

async function reserve(path: string, options: DatabaseOptions): Promise<string> {
  try {
    if (!options.readOnly) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const key = join(await realpath(dirname(path)), basename(path));
    if (openHere.has(key)) throw lockedBy(path, process.pid);
    openHere.add(key);
    return key;
  } catch (error) {
    throw storageError(error);
  }
}

async function patiently(path: string, options: DatabaseOptions): Promise<DuckDBInstance> {
  const deadline = performance.now() + LOCK_PATIENCE;
  for (;;) {
    try {
      return await start(path, options);
    } catch (error) {
      if (!isLockError(error)) throw storageError(error);
      if (performance.now() > deadline) throw lockedBy(path, lockHolder(error));
      await sleep(50);
    }
  }
}

async function start(path: string, options: DatabaseOptions): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(path, settings(options));
  try {
    const connection = await instance.connect();
    await connection.run("SET GLOBAL TimeZone = 'UTC'; SET GLOBAL lock_configuration = true");
    connection.closeSync();
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}
