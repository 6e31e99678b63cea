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
/** How long a `dev` or `worker` may be away, to be started again, before following it ends. */
const PATIENCE_MS = 30_000;

/**
 * Follows log coordinates, which only grow, rather than clocks, which jump. Ends when the signal is aborted.
 * Errors: those of `Warehouse.query`.
 */
export async function* tailRows(
  warehouse: Pick<Warehouse, 'query' | 'tables'>,
  options: TailOptions,
): AsyncGenerator<TailRow> {
  const { event, lines, signal } = options;
  const { events } = warehouse.tables;
  const ask = async <T>(sql: string) => (await warehouse.query(sql)).rows as unknown as readonly T[];
  const named = event === null ? '' : ` AND event_name = '${event.replaceAll("'", "''")}'`;
  const newest = await ask<{ p: number; o: number }>(
    `SELECT kafka_partition AS p, max(kafka_offset) AS o FROM ${events} GROUP BY 1`,
  );
  const seen = new Map(newest.map(({ p, o }) => [p, o]));
  const patient = patience(options);

  yield* await ask<TailRow>(
    `SELECT * FROM (SELECT ${COLUMNS} FROM ${events} WHERE NOT ${behind(seen)}${named} ORDER BY received_at DESC, kafka_offset DESC LIMIT ${lines}) ORDER BY received_at, kafka_offset`,
  );
  while (!signal.aborted) {
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    // In the order of each partition, so that a cut at the row limit leaves nothing behind it unseen.
    const sql = `SELECT ${COLUMNS} FROM ${events} WHERE ${behind(seen)}${named} ORDER BY kafka_partition, kafka_offset LIMIT 5000`;
    for (const row of await patient(() => ask<TailRow>(sql))) {
      yield row;
      seen.set(row.kafka_partition, row.kafka_offset);
    }
  }
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
      const away =
        isStargateError(error, 'STG_WAREHOUSE_UNREACHABLE') || isStargateError(error, 'STG_WAREHOUSE_LOCKED');
      if (!away || (since !== null && performance.now() - since > PATIENCE_MS)) throw error;
      if (since === null) onWarning('The warehouse does not answer; waiting until it does.');
      since ??= performance.now();
      return [];
    }
  };
}
