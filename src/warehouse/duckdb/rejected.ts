import { type DuckDBConnection, DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import { duckdbType, quoteName } from '../../event/derive/duckdb.js';
import { REJECTED_FIELDS, type RejectedRow } from '../../event/fields.js';

const CHUNK = 2048;
const names = REJECTED_FIELDS.map((field) => quoteName(field.name)).join(', ');
const place = '(kafka_topic, kafka_partition, kafka_offset)';

/** One row a place in the log: of rows already there, and of repeats in this call, only the first stays. */
const INSERT = `INSERT INTO events_rejected (${names})
  SELECT ${names} FROM (SELECT ${REJECTED_FIELDS.map((field) => `${quoteName(field.name)}::${duckdbType(field)} AS ${quoteName(field.name)}`).join(', ')} FROM staging_rejected) AS fresh
  WHERE NOT EXISTS (SELECT 1 FROM events_rejected AS old WHERE old.kafka_topic = fresh.kafka_topic
    AND old.kafka_partition = fresh.kafka_partition AND old.kafka_offset = fresh.kafka_offset)
  QUALIFY row_number() OVER (PARTITION BY ${place.slice(1, -1)}) = 1`;

export type RejectedInserter = (rows: readonly RejectedRow[]) => Promise<void>;

/** Rows go by appender, because their text comes from anybody: nothing in it is ever parsed. */
export async function rejectedInserter(connection: DuckDBConnection): Promise<RejectedInserter> {
  const columns = REJECTED_FIELDS.map((field) => `${quoteName(field.name)} VARCHAR`).join(', ');
  await connection.run(`CREATE TEMP TABLE staging_rejected (${columns})`);
  const insert = await connection.prepare(INSERT);
  const empty = await connection.prepare('DELETE FROM staging_rejected');
  const appender = await connection.createAppender('staging_rejected', null, 'temp');
  const types = REJECTED_FIELDS.map(() => VARCHAR);
  return async (rows) => {
    for (let at = 0; at < rows.length; at += CHUNK) {
      const part = rows.slice(at, at + CHUNK);
      const chunk = DuckDBDataChunk.create(types, part.length);
      chunk.setColumns(REJECTED_FIELDS.map(({ name }) => part.map((row) => textOf(row[name]))));
      appender.appendDataChunk(chunk);
      appender.flushSync();
    }
    await insert.run();
    await empty.run();
  };
}

const textOf = (value: string | number | undefined): string | null =>
  value === undefined ? null : String(value);
