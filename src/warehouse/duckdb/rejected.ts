import { type DuckDBConnection, DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import { duckdbType, quoteName } from '../../event/derive/duckdb.js';
import { REJECTED_FIELDS, type RejectedRow } from '../../event/fields.js';

const CHUNK = 2048;
const names = REJECTED_FIELDS.map((field) => quoteName(field.name)).join(', ');
const casts = REJECTED_FIELDS.map(
  (field) => `${quoteName(field.name)}::${duckdbType(field)} AS ${quoteName(field.name)}`,
);

/**
 * Planned anew each time: DuckDB plans with the tables' statistics, and a statement prepared over an empty
 * staging table has been seen to write other offsets than it read.
 */
const INSERT = `INSERT INTO events_rejected (${names})
  SELECT ${names} FROM (SELECT ${casts.join(', ')} FROM staging_rejected) AS fresh
  WHERE NOT EXISTS (SELECT 1 FROM events_rejected AS old WHERE old.kafka_topic = fresh.kafka_topic
    AND old.kafka_partition = fresh.kafka_partition AND old.kafka_offset = fresh.kafka_offset)`;

export type RejectedInserter = (rows: readonly RejectedRow[]) => Promise<void>;

/**
 * Stores one row a place in the log: those already there stay as they are. Rows go in by appender, because their
 * text comes from anybody: nothing in it is ever parsed.
 */
export async function rejectedInserter(connection: DuckDBConnection): Promise<RejectedInserter> {
  const columns = REJECTED_FIELDS.map((field) => `${quoteName(field.name)} VARCHAR`).join(', ');
  await connection.run(`CREATE TEMP TABLE staging_rejected (${columns})`);
  const appender = await connection.createAppender('staging_rejected', null, 'temp');
  const types = REJECTED_FIELDS.map(() => VARCHAR);
  return async (rows) => {
    const fresh = onePerPlace(rows);
    for (let at = 0; at < fresh.length; at += CHUNK) {
      const part = fresh.slice(at, at + CHUNK);
      const chunk = DuckDBDataChunk.create(types, part.length);
      chunk.setColumns(REJECTED_FIELDS.map(({ name }) => part.map((row) => textOf(row[name]))));
      appender.appendDataChunk(chunk);
      appender.flushSync();
    }
    await connection.run(INSERT);
    await connection.run('DELETE FROM staging_rejected');
  };
}

/** The first row of each place. */
function onePerPlace(rows: readonly RejectedRow[]): RejectedRow[] {
  const places = new Map<string, RejectedRow>();
  for (const row of rows) {
    const place = JSON.stringify([row.kafka_topic, row.kafka_partition, row.kafka_offset]);
    if (!places.has(place)) places.set(place, row);
  }
  return [...places.values()];
}

const textOf = (value: string | number | undefined): string | null =>
  value === undefined ? null : String(value);
