import type { Warehouse } from '../port.js';
import { DuckdbWarehouse } from './adapter.js';
import { queryClient } from './client.js';
import { Database, type DatabaseOptions } from './database.js';

export interface DuckdbOptions extends Omit<DatabaseOptions, 'readOnly'> {
  /** `own`: this process alone writes the file. `query`: it only asks, beside an owner or without one. */
  readonly mode: 'own' | 'query';
  /** Name of the event table. */
  readonly table: string;
}

/** Opens `path`, or a database in memory for `:memory:`. Errors: STG_WAREHOUSE_LOCKED, _UNREACHABLE, _VERSION. */
export async function openDuckdb(path: string, options: DuckdbOptions): Promise<Warehouse> {
  if (options.mode === 'query') {
    return queryClient(path, { events: options.table, rejected: 'events_rejected' });
  }
  const database = await Database.open(path, options);
  return new DuckdbWarehouse(database, options.table);
}
