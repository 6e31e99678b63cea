/** Looks for probes with SQL. What differs between warehouses is how a time is written, and what a query costs. */
import { PROBE_EVENT } from '../../event/probe.js';
import type { QueryCost } from '../../warehouse/port.js';
import type { Queryable } from '../dev-query.js';
import type { ProbeQuery, ProbeRow, Scope } from './ports.js';

export interface Dialect {
  /** A constant of the type of `received_at`, from ISO text with Z. */
  readonly timestamp: (iso: string) => string;
  /** What a statement costs, where it costs something. */
  readonly cost?: (sql: string) => Promise<QueryCost>;
}

const DUCKDB: Dialect = { timestamp: (iso) => `TIMESTAMPTZ '${iso}'` };

/** Where queries cost money it is BigQuery that is asked. */
export const dialectOf = ({ cost }: Queryable): Dialect =>
  cost ? { timestamp: (iso) => `TIMESTAMP '${iso}'`, cost } : DUCKDB;

const MAX_ROWS = 100_000;
const TIMEOUT_MS = 30_000;

/** One statement for all probes of the scope, with the filter on the partition column first. */
export function probeSql(events: string, { run, from, since }: Scope, dialect: Dialect): string {
  const begin = dialect.timestamp(new Date(since).toISOString());
  return [
    'SELECT event_id, count(*) AS copies, min(received_at) AS received_at, min(kafka_timestamp) AS kafka_timestamp',
    `FROM ${events}`,
    `WHERE received_at >= ${begin} AND event_name = '${PROBE_EVENT}'`,
    `AND event_id >= '${from}' AND event_id < 'probe-${run}.'`,
    'GROUP BY event_id',
  ].join('\n');
}

/** Looks through anything that answers SQL. `name` is for a person. */
export function probeQuery(
  warehouse: Queryable,
  name: string,
  dialect: Dialect = dialectOf(warehouse),
): ProbeQuery {
  const { cost } = dialect;
  const sqlOf = (scope: Scope) => probeSql(warehouse.tables.events, scope, dialect);
  return {
    name,
    async look(scope) {
      const options = { maxRows: MAX_ROWS, timeoutMs: TIMEOUT_MS, ...(cost && { fresh: true }) };
      const { rows } = await warehouse.query(sqlOf(scope), options);
      return rows.map(probeRow);
    },
    ...(cost && { cost: async (scope: Scope) => billed(await cost(sqlOf(scope))) }),
  };
}

/** Asked before the first probe there may be nothing to read; the looks will find at least the probes. */
const billed = ({ bytes, usd, least = { bytes, usd } }: QueryCost): QueryCost => ({
  bytes: Math.max(bytes, least.bytes),
  usd: Math.max(usd, least.usd),
});

const time = (value: unknown): number | null => (typeof value === 'string' ? Date.parse(value) : null);

function probeRow(row: Readonly<Record<string, unknown>>): ProbeRow {
  return {
    id: String(row.event_id),
    rows: Number(row.copies),
    receivedAt: time(row.received_at),
    loggedAt: time(row.kafka_timestamp),
  };
}
