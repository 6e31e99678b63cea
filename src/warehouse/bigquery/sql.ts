/** What is done in BigQuery by SQL: tables, views, queries, and the position of last resort. */
import type { PartitionKey, SchemaPlan, Warehouse } from '../port.js';
import { openClient } from './client-sql.js';
import { lastPosition } from './last-position.js';
import { Queries } from './query.js';
import { type BigquerySettings, pathOf } from './settings.js';
import { BigquerySetup } from './setup.js';
import { REJECTED } from './tables.js';
import { trimStatement } from './trim.js';

export interface BigquerySql
  extends Pick<
    Warehouse,
    'tables' | 'planSchema' | 'applySchema' | 'query' | 'clear' | 'lastPosition' | 'close'
  > {
  readonly cost: NonNullable<Warehouse['cost']>;
  readonly setup: BigquerySetup;
  readonly queries: Queries;
  /** Starts deleting the rows of `stargate_positions` that no longer count. */
  trimPositions(): Promise<void>;
}

/** Opens nothing: credentials and network are needed by the first call. */
export function openSql(settings: BigquerySettings): BigquerySql {
  const client = openClient(settings);
  const queries = new Queries(client, settings);
  const setup = new BigquerySetup(client, queries, settings);
  const tables = { events: nameOf(settings.table), rejected: REJECTED };
  return {
    ...{ tables, setup, queries },
    planSchema: async () => (await setup.plan()).steps,
    applySchema: (steps) => setup.apply({ steps, notes: [] } satisfies SchemaPlan),
    query: (sql, options) => queries.query(sql, options),
    cost: (sql) => queries.cost(sql),
    lastPosition: (key: PartitionKey) => lastPosition(queries, settings, key),
    async clear() {
      await queries.change(`DELETE FROM ${pathOf(settings, settings.table)} WHERE received_at IS NOT NULL`);
      await queries.change(`DELETE FROM ${pathOf(settings, REJECTED)} WHERE TRUE`);
    },
    trimPositions: () => queries.start(trimStatement(settings)),
    close: () => queries.close(),
  };
}

const nameOf = (table: string): string => (/^[a-z_]\w*$/i.test(table) ? table : `\`${table}\``);
