import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { quoteName } from '../../event/derive/duckdb.js';
import type { PartitionKey } from '../port.js';
import { firstRow, selectRows } from './sql.js';

export const POSITIONS_DDL = `CREATE TABLE stargate_positions (
  log VARCHAR NOT NULL, topic VARCHAR NOT NULL, "partition" BIGINT NOT NULL,
  position BIGINT, "rows" BIGINT NOT NULL, updated_at TIMESTAMP WITH TIME ZONE NOT NULL
)`;

/** Rows ever stored of the partition; makes its line in the table where there is none. */
export async function rowsOf(connection: DuckDBConnection, key: PartitionKey): Promise<number> {
  const where = [key.log, BigInt(key.partition)];
  const found = await firstRow(
    connection,
    'SELECT "rows" FROM stargate_positions WHERE log = $1 AND "partition" = $2',
    where,
  );
  if (found !== null) return Number(found[0]);
  await connection.run('INSERT INTO stargate_positions VALUES ($1, $2, $3, NULL, 0, now())', [
    key.log,
    key.topic,
    BigInt(key.partition),
  ]);
  return 0;
}

/** Counts rows and moves the position; inside the transaction that stores the rows. */
export async function positionUpdater(connection: DuckDBConnection) {
  const statement: DuckDBPreparedStatement = await connection.prepare(
    `UPDATE stargate_positions SET position = greatest(position, $1::BIGINT), "rows" = "rows" + $2::BIGINT,
     updated_at = now() WHERE log = $3 AND "partition" = $4::BIGINT`,
  );
  return async (key: PartitionKey, position: number, rows: number): Promise<void> => {
    statement.bind([BigInt(position), BigInt(rows), key.log, BigInt(key.partition)]);
    await statement.run();
  };
}

/**
 * Highest position done. Rows count as evidence only while no other log ever wrote under the same topic name:
 * they do not say which log they came from, and a position of another log would skip records of this one.
 * Rejected records extend it only without a gap: one is stored as soon as it is read, when events before it
 * may still be on their way.
 */
export async function lastPosition(
  connection: DuckDBConnection,
  events: string,
  key: PartitionKey,
): Promise<number | null> {
  const where = [key.log, key.topic, BigInt(key.partition)];
  const found = await firstRow(
    connection,
    `SELECT (SELECT max(position) FROM stargate_positions WHERE log = $1 AND "partition" = $3),
      (SELECT max(kafka_offset) FROM ${quoteName(events)} WHERE kafka_topic = $2 AND kafka_partition = $3),
      (SELECT count(*) FROM stargate_positions WHERE topic = $2 AND log <> $1)`,
    where,
  );
  const [position, stored, others] = (found ?? []).map((value) => (value === null ? null : Number(value)));
  const last = Math.max(position ?? -1, others === 0 ? (stored ?? -1) : -1);
  return others === 0 ? extend(last, await rejectedBehind(connection, key, last)) : last < 0 ? null : last;
}

async function rejectedBehind(
  connection: DuckDBConnection,
  key: PartitionKey,
  position: number,
): Promise<number[]> {
  const rows = await selectRows(
    connection,
    `SELECT DISTINCT kafka_offset FROM events_rejected
     WHERE kafka_topic = $1 AND kafka_partition = $2 AND kafka_offset > $3 ORDER BY 1`,
    [key.topic, BigInt(key.partition), BigInt(position)],
  );
  return rows.map((row) => Number(row[0]));
}

function extend(position: number, offsets: readonly number[]): number | null {
  let last = position;
  for (const offset of offsets) if (offset === last + 1) last = offset;
  return last < 0 ? null : last;
}
