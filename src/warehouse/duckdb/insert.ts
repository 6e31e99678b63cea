import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { StargateError } from '../../errors.js';
import { quote } from '../../event/columns.js';
import { duckdbType, quoteName } from '../../event/derive/duckdb.js';
import { type EventRow, FIELDS, type Field } from '../../event/fields.js';
import { wellFormed } from '../../event/text.js';
import type { AppendRow, Range } from '../port.js';

/**
 * Rows go in as their records' JSON: all of a group as the one parameter of an INSERT … SELECT that takes it
 * apart off the main thread. Measured against filling column vectors from JavaScript, and against a staging
 * table filled by appender: decision 002.
 *
 * A line is a record with its transport columns put in front, and the text of its `data_layer` behind. What
 * separates them cannot stand in JSON: there, control characters are always escaped.
 *
 * Every scalar is read as text and cast strictly per column: as fast as reading it typed, and what does not
 * fit is an error instead of a silent NULL.
 */
const LINE = 0x1e;
const PART = 0x1f;
const OPEN = 0x7b;

/** Shape for from_json: the same nesting, every scalar text. */
function shape(field: Field): unknown {
  const single = field.fields
    ? Object.fromEntries(field.fields.map((member) => [member.name, shape(member)]))
    : 'VARCHAR';
  return field.mode === 'REPEATED' ? [single] : single;
}

/** Casting text to DECIMAL(38,9) costs 5 µs a value, to DECIMAL(18,9) a tenth: the wide one only where needed. */
const narrow = (type: string): string => (type === 'DECIMAL(38,9)' ? 'DECIMAL(18,9)' : type);

function selectOf(field: Field, decimals: 'narrow' | 'wide'): string {
  // Exactly JSON.stringify's text; DuckDB's own extraction would write numbers anew.
  if (field.name === 'data_layer') return 'part[2]::JSON';
  // As microseconds: a producer may have set any time, in years that DuckDB does not read as text.
  if (field.name === 'kafka_timestamp') return `make_timestamptz(e.kafka_timestamp::BIGINT)`;
  const type = duckdbType(field, decimals === 'narrow' ? narrow : undefined);
  const cast = `e.${quoteName(field.name)}::${type}`;
  return field.mode === 'REPEATED' ? `coalesce(${cast}, [])` : cast;
}

export function insertSql(table: string, decimals: 'narrow' | 'wide'): string {
  const read = FIELDS.filter(({ name }) => name !== 'data_layer');
  const json = JSON.stringify(Object.fromEntries(read.map((field) => [field.name, shape(field)])));
  const names = FIELDS.map((field) => quoteName(field.name)).join(', ');
  const values = FIELDS.map((field) => selectOf(field, decimals)).join(', ');
  const lines = `SELECT unnest(string_split(decode($1), chr(${LINE}))) AS line`;
  const parts = `SELECT string_split(line, chr(${PART})) AS part FROM (${lines})`;
  const parsed = `SELECT from_json(part[1], '${json}') AS e, part FROM (${parts})`;
  return `INSERT INTO ${quoteName(table)} (${names}) SELECT ${values} FROM (${parsed})`;
}

/** Statements of one write connection. `insert` belongs inside a transaction. */
export interface EventInserter {
  insert(rows: readonly AppendRow[], decimals: 'narrow' | 'wide'): Promise<void>;
}

export async function eventInserter(connection: DuckDBConnection, table: string): Promise<EventInserter> {
  const statements = {
    narrow: await connection.prepare(insertSql(table, 'narrow')),
    wide: await connection.prepare(insertSql(table, 'wide')),
  };
  return {
    async insert(rows, decimals) {
      if (rows.length > 0) await insertAll(statements[decimals], rows);
    },
  };
}

async function insertAll(statement: DuckDBPreparedStatement, rows: readonly AppendRow[]): Promise<void> {
  statement.bindBlob(1, linesOf(rows));
  const { rowsChanged } = await statement.run();
  // The statement would hold the bytes until the next group.
  statement.clearBindings();
  if (rowsChanged === rows.length) return;
  throw new StargateError('STG_BUG', { expected: `${rows.length} rows`, got: `${rowsChanged} rows` });
}

/** The bytes that the statement takes apart. */
function linesOf(rows: readonly AppendRow[]): Buffer {
  const texts = rows.map((row) => ({ begin: beginOf(row), layer: row.layer ?? layerOf(row.event) }));
  const bytes = Buffer.allocUnsafeSlow(roomFor(rows, texts));
  let at = 0;
  for (const [index, { value }] of rows.entries()) {
    const { begin, layer } = texts[index]!;
    if (at > 0) bytes[at++] = LINE;
    at += bytes.write(begin, at);
    at += value.copy(bytes, at, value[0] === OPEN ? 1 : value.indexOf(OPEN) + 1);
    if (lengthOf(layer) === 0) continue;
    bytes[at++] = PART;
    at += typeof layer === 'string' ? bytes.write(layer, at) : value.copy(bytes, at, layer.from, layer.to);
  }
  return bytes.subarray(0, at);
}

/** The text of `data_layer`, or where it stands in the record. */
type Layer = string | Range;

const layerOf = ({ data_layer }: EventRow): string => JSON.stringify(data_layer) ?? '';
const lengthOf = (layer: Layer): number => (typeof layer === 'string' ? layer.length : layer.to - layer.from);

/** Upper bound in bytes: UTF-8 needs at most three a UTF-16 unit. */
function roomFor(rows: readonly AppendRow[], texts: readonly { begin: string; layer: Layer }[]): number {
  const values = rows.reduce((sum, { value }) => sum + value.length + 2, 0);
  return texts.reduce((sum, { begin, layer }) => sum + 3 * (begin.length + lengthOf(layer)), values);
}

/** The transport columns, as the beginning of the record's object. */
function beginOf({ topic, partition, offset, timestamp, key }: AppendRow): string {
  return (
    `{"kafka_offset":${offset},"kafka_partition":${partition},` +
    `"kafka_topic":${quote(wellFormed(topic))},"kafka_timestamp":"${timestamp}000",` +
    (key === null ? '' : `"kafka_key":${quote(wellFormed(key))},`)
  );
}
