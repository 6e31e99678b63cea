import { StargateError } from '../errors.js';
import type { Warehouse } from './port.js';

export interface OpenWarehouseOptions {
  /** `own`: the one process that writes (worker, dev). `query`: a client that only asks. */
  readonly mode: 'own' | 'query';
  /** Name of the event table; default `events`. */
  readonly table?: string;
  /** Bytes the database may use for itself, at most. */
  readonly memoryLimit?: number;
}

/**
 * Opens the warehouse that `--warehouse` names: `duckdb:FILE`, or `memory:` for one that lives and ends with
 * this process. Loads the adapter it needs and no other.
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
  throw new StargateError('STG_CONNECTION_UNSUPPORTED', { expected: 'duckdb:FILE or memory:', got: url });
}
