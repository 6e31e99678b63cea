import { type Connection, parseConnection } from '../config/connections.js';
import type { Checks, Commands } from '../doctor/port.js';
import { StargateError } from '../errors.js';
import type { WriterOptions } from './bigquery/open-writer.js';
import type { BigquerySettings } from './bigquery/settings.js';
import type { Erasure, Warehouse, WarehouseSetup } from './port.js';

export type { WriterOptions } from './bigquery/open-writer.js';

/** What the configuration says of BigQuery, besides the URL. */
export type BigqueryOptions = Pick<BigquerySettings, 'endpoint' | 'location' | 'retentionDays'>;

export interface OpenWarehouseOptions {
  /** `own`: the one process that writes (worker, dev). `query`: a client that only asks. */
  readonly mode: 'own' | 'query';
  /** Name of the event table; default `events`. */
  readonly table?: string;
  /** Google's own endpoint, where left out. */
  readonly bigquery?: BigqueryOptions;
  /** How rows are written there: exactly once, by Google's own endpoint, where left out. */
  readonly writer?: WriterOptions;
  /** Bytes the database may use for itself, at most. */
  readonly memoryLimit?: number;
}

/**
 * Opens the warehouse that `--warehouse` names: `duckdb:FILE`, `bigquery://project/dataset.table`, or
 * `memory:` for one that lives and ends with this process. Loads the adapter it needs and no other.
 * Errors: STG_CONNECTION_UNSUPPORTED, STG_WAREHOUSE_LOCKED, STG_WAREHOUSE_UNREACHABLE.
 */
export async function openWarehouse(url: string, options: OpenWarehouseOptions): Promise<Warehouse> {
  const colon = url.indexOf(':');
  const [scheme, rest] = [url.slice(0, colon), url.slice(colon + 1)];
  const settings = { ...options, table: options.table ?? 'events' };
  if (scheme === 'duckdb' && rest !== '' && rest !== ':memory:') {
    const { openDuckdb } = await import('./duckdb/open.js');
    return openDuckdb(rest, settings);
  }
  if (scheme === 'memory' && rest === '') {
    // The same engine without a file, so that queries work; only its owner can see it.
    const { openDuckdb } = await import('./duckdb/open.js');
    return openDuckdb(':memory:', { ...settings, mode: 'own' });
  }
  if (scheme === 'bigquery' && options.mode === 'query') {
    const { openQueries } = await import('./bigquery/open.js');
    return openQueries(bigquerySettings(parseConnection(url), options.bigquery));
  }
  if (scheme === 'bigquery') {
    const named = bigquerySettings(parseConnection(url), options.bigquery);
    const { openSql } = await import('./bigquery/open.js');
    const { openBigqueryWriter } = await import('./bigquery/open-writer.js');
    return openBigqueryWriter(openSql(named), { ...named, ...options.writer });
  }
  throw new StargateError('STG_CONNECTION_UNSUPPORTED', {
    expected: 'duckdb:FILE, bigquery://project/dataset.table, or memory:',
    got: url,
  });
}

/** What prepares the warehouse that is named there; null for those that need no preparation. */
export async function openWarehouseSetup(
  connection: Connection,
  options: BigqueryOptions,
): Promise<WarehouseSetup | null> {
  if (connection.scheme !== 'bigquery') return null;
  const { openSql } = await import('./bigquery/open.js');
  return openSql(bigquerySettings(connection, options)).setup;
}

/** What erases a person from the warehouse, which nobody else may own meanwhile. Errors: those of `openWarehouse`. */
export async function openErasure(
  connection: Connection,
  options: Pick<OpenWarehouseOptions, 'table' | 'bigquery'>,
): Promise<Erasure> {
  if (connection.scheme === 'duckdb') {
    const { openErasure: open } = await import('./duckdb/erasure.js');
    return open(connection.file, options.table ?? 'events');
  }
  if (connection.scheme === 'bigquery') {
    const { openErasure: open } = await import('./bigquery/open.js');
    return open(bigquerySettings(connection, options.bigquery));
  }
  throw new StargateError('STG_CONNECTION_UNSUPPORTED', {
    ...{ expected: 'duckdb:FILE or bigquery://project/dataset.table', got: `${connection.scheme}:` },
  });
}

export interface WarehouseCheckOptions {
  readonly table: string;
  readonly bigquery: BigqueryOptions;
  /** Of BigQuery's Storage API; null for Google's. */
  readonly storageEndpoint: string | null;
  readonly commands: Commands;
}

/** What `doctor` asks the warehouse that is named there. */
export async function openWarehouseChecks(
  connection: Connection,
  options: WarehouseCheckOptions,
): Promise<Checks> {
  if (connection.scheme === 'bigquery') {
    const { bigqueryChecks } = await import('./bigquery/checks.js');
    return bigqueryChecks(bigquerySettings(connection, options.bigquery), options);
  }
  const close = async (): Promise<void> => {};
  if (connection.scheme !== 'duckdb') return { checks: [], close };
  const { duckdbChecks } = await import('./duckdb/checks.js');
  return { checks: duckdbChecks(connection.file, options.table), close };
}

const YEAR = { endpoint: null, location: null, retentionDays: 395 };

function bigquerySettings(connection: Connection, options: BigqueryOptions = YEAR): BigquerySettings {
  const { project, dataset, table } = connection as Extract<Connection, { scheme: 'bigquery' }>;
  return { project, dataset, table, ...options };
}
