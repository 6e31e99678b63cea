/** What `tail` prints: the newest events, then each one as it becomes queryable. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isStargateError } from '../errors.js';
import type { Warehouse } from '../warehouse/port.js';

export interface TailRow {
  readonly kafka_partition: number;
  readonly kafka_offset: number;
  readonly received_at: string;
  readonly event_name: string;
  readonly page_path: string | null;
  readonly value: string | null;
  readonly currency: string | null;
  readonly pii_redactions: number | null;
}

export interface TailOptions {
  readonly event: string | null;
  /** Events of the past to begin with. */
  readonly lines: number;
  readonly signal: AbortSignal;
  /** Told when the warehouse cannot be asked for a while. */
  readonly onWarning: (message: string) => void;
}

const COLUMNS =
  'kafka_partition, kafka_offset, received_at, event_id, event_name, page_path, user_pseudo_id, value, currency, pii_redactions';
const PAUSE_MS = 250;
/** Where each look costs money: seldom, and no further back than an event may take to arrive. */
const PAID_PAUSE_MS = 5_000;
const PAID_SPAN_MS = 3_600_000;
/** How long a `dev` or `worker` may be away, to be started again, before following it ends. */
const PATIENCE_MS = 30_000;
const AWAY = ['STG_WAREHOUSE_UNREACHABLE', 'STG_WAREHOUSE_LOCKED', 'STG_QUERY_TIMEOUT'] as const;

/**
 * Follows log coordinates, which only grow, rather than clocks, which jump. Ends when the signal is aborted.
 * Errors: those of `Warehouse.query`.
 */
export async function* tailRows(
  warehouse: Pick<Warehouse, 'query' | 'tables' | 'cost'>,
  options: TailOptions,
): AsyncGenerator<TailRow> {
  const { event, lines, signal } = options;
  const { events } = warehouse.tables;
  const ask = async <T>(sql: string) => (await warehouse.query(sql)).rows as unknown as readonly T[];
  const named = event === null ? '' : ` AND event_name = ${constant(event, warehouse.cost !== undefined)}`;
  const recent = (): string => (warehouse.cost ? recently(Date.now() - PAID_SPAN_MS) : 'TRUE');
  const newest = await ask<{ p: number; o: number }>(
    `SELECT kafka_partition AS p, max(kafka_offset) AS o FROM ${events} WHERE ${recent()} GROUP BY 1`,
  );
  const seen = new Map(newest.map(({ p, o }) => [p, o]));
  const patient = patience(options);

  yield* await ask<TailRow>(
    `SELECT * FROM (SELECT ${COLUMNS} FROM ${events} WHERE ${recent()} AND NOT ${behind(seen)}${named} ORDER BY received_at DESC, kafka_offset DESC LIMIT ${lines}) ORDER BY received_at, kafka_offset`,
  );
  const pause = warehouse.cost ? PAID_PAUSE_MS : PAUSE_MS;
  while (!signal.aborted) {
    await sleep(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    // In the order of each partition, so that a cut at the row limit leaves nothing behind it unseen.
    const sql = `SELECT ${COLUMNS} FROM ${events} WHERE ${recent()} AND ${behind(seen)}${named} ORDER BY kafka_partition, kafka_offset LIMIT 5000`;
    for (const row of await patient(() => ask<TailRow>(sql))) {
      yield row;
      seen.set(row.kafka_partition, row.kafka_offset);
    }
  }
}

/** Where queries cost money it is BigQuery, whose escapes are those of JSON; DuckDB has none but a quote said twice. */
const constant = (text: string, isBigquery: boolean): string =>
  isBigquery ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;

const recently = (since: number): string => `received_at >= TIMESTAMP '${new Date(since).toISOString()}'`;

/** What following costs, for a person who is about to; null where it costs nothing. */
export async function tailCost({ tables, cost }: Pick<Warehouse, 'tables' | 'cost'>): Promise<string | null> {
  const look = await cost?.(
    `SELECT ${COLUMNS} FROM ${tables.events} WHERE ${recently(Date.now() - PAID_SPAN_MS)}`,
  );
  if (!look) return null;
  const hourly = (look.usd * 3_600_000) / PAID_PAUSE_MS;
  return `Looks every ${PAID_PAUSE_MS / 1_000} s for what came in within the last hour: about US$ ${hourly.toFixed(2)} an hour as the table is now.`;
}

/** SQL that is true for rows not seen yet. */
function behind(seen: ReadonlyMap<number, number>): string {
  if (seen.size === 0) return '(TRUE)';
  const newer = [...seen].map(
    ([partition, offset]) => `kafka_partition = ${partition} AND kafka_offset > ${offset}`,
  );
  return `(${[...newer, `kafka_partition NOT IN (${[...seen.keys()].join(', ')})`].join(' OR ')})`;
}

/** Runs queries; while the warehouse has no owner that answers, nothing is new. */
function patience({ onWarning }: TailOptions) {
  let since: number | null = null;
  return async <T>(query: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      const rows = await query();
      since = null;
      return rows;
    } catch (error) {
      const away = AWAY.some((code) => isStargateError(error, code));
      if (!away || (since !== null && performance.now() - since > PATIENCE_MS)) throw error;
      if (since === null) onWarning('The warehouse does not answer; waiting until it does.');
      since ??= performance.now();
      return [];
    }
  };
}
