import { createHash } from 'node:crypto';
import { type DuckDBConnection, DuckDBListType, DuckDBStructType, type DuckDBType } from '@duckdb/node-api';
import { StargateError } from '../../errors.js';
import {
  createTable,
  type DuckdbColumn,
  EVENT_COLUMNS,
  quoteName,
  REJECTED_COLUMNS,
} from '../../event/derive/duckdb.js';
import { SCHEMA_VERSION } from '../../event/fields.js';
import type { SchemaStep } from '../port.js';
import { POSITIONS_DDL } from './positions.js';
import { firstRow, selectRows } from './sql.js';
import { viewsOf } from './views/index.js';

export interface SqlStep extends SchemaStep {
  readonly sql: string;
}

/** Who the database is. `layout` tells whether its views are those of this version. */
const WAREHOUSE_DDL =
  'CREATE TABLE stargate_warehouse (id VARCHAR NOT NULL, version INTEGER NOT NULL, layout VARCHAR NOT NULL)';

/** The database's id. Errors: STG_WAREHOUSE_VERSION, STG_WAREHOUSE_SCHEMA when it was never set up. */
export async function databaseId(connection: DuckDBConnection): Promise<string> {
  const found = (await hasTable(connection, 'stargate_warehouse')) ? await identity(connection) : null;
  if (found === null) {
    throw new StargateError('STG_WAREHOUSE_SCHEMA', {
      got: 'a file without the tables of Stargate',
      next: 'Run stargate setup.',
    });
  }
  return found.id;
}

/** What is missing or older than this version. Never destructive. Errors: STG_WAREHOUSE_VERSION, STG_WAREHOUSE_SCHEMA. */
export async function planSchema(connection: DuckDBConnection, table: string): Promise<SqlStep[]> {
  const known = (await hasTable(connection, 'stargate_warehouse')) ? await identity(connection) : null;
  const steps = [
    ...(await planTable(connection, table, EVENT_COLUMNS)),
    ...(await planTable(connection, 'events_rejected', REJECTED_COLUMNS)),
  ];
  if (!(await hasTable(connection, 'stargate_positions'))) {
    steps.push({ title: 'create table stargate_positions', sql: POSITIONS_DDL });
  }
  const layout = layoutOf(table);
  if (known?.layout !== layout) {
    steps.push(...viewsOf(table).map(({ name, sql }) => ({ title: `create view ${name}`, sql })));
    steps.push(markStep(known !== null, layout));
  }
  return steps;
}

async function identity(connection: DuckDBConnection): Promise<{ id: string; layout: string } | null> {
  const row = await firstRow(connection, 'SELECT id, version, layout FROM stargate_warehouse');
  if (row === null) return null;
  const [id, version, layout] = row;
  if (Number(version) > SCHEMA_VERSION) {
    throw new StargateError('STG_WAREHOUSE_VERSION', {
      expected: `schema version ${SCHEMA_VERSION} or older`,
      got: `version ${version}`,
    });
  }
  return { id: String(id), layout: String(layout) };
}

function markStep(exists: boolean, layout: string): SqlStep {
  const values = `version = ${SCHEMA_VERSION}, layout = '${layout}'`;
  return exists
    ? { title: 'mark the schema version', sql: `UPDATE stargate_warehouse SET ${values}` }
    : {
        title: 'create table stargate_warehouse',
        sql: `${WAREHOUSE_DDL}; INSERT INTO stargate_warehouse VALUES (uuid(), ${SCHEMA_VERSION}, '${layout}')`,
      };
}

/** Changes with any view or column, because DuckDB refuses a view whose table has got other columns. */
export function layoutOf(table: string): string {
  const text = [createTable(table, EVENT_COLUMNS), ...viewsOf(table).map(({ sql }) => sql)].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

async function planTable(
  connection: DuckDBConnection,
  table: string,
  columns: readonly DuckdbColumn[],
): Promise<SqlStep[]> {
  if (!(await hasTable(connection, table))) {
    return [{ title: `create table ${table}`, sql: createTable(table, columns) }];
  }
  const actual = await typesOf(connection, `SELECT * FROM ${quoteName(table)} LIMIT 0`);
  const wanted = await typesOf(
    connection,
    `SELECT ${columns.map(({ name, type }) => `NULL::${type} AS ${quoteName(name)}`).join(', ')}`,
  );
  const steps: SqlStep[] = [];
  let grown = false;
  for (const { name, type } of columns) {
    const [is, should] = [actual.get(name.toLowerCase()), wanted.get(name.toLowerCase())];
    if (is === undefined) steps.push(addColumn(table, name, type));
    else if (should !== undefined && !grows(is, should)) throw wrongType(table, name, should, is);
    else grown ||= String(is) !== String(should);
  }
  return grown ? [rebuild(table, columns)] : steps;
}

const addColumn = (table: string, name: string, type: string): SqlStep => ({
  title: `add column ${table}.${name}`,
  sql: `ALTER TABLE ${quoteName(table)} ADD COLUMN ${quoteName(name)} ${type}`,
});

/**
 * A record column got a field. DuckDB can add one in place, but then the file cannot be opened after a crash
 * before the next checkpoint (its log does not replay that change), so the table is written anew.
 */
function rebuild(table: string, columns: readonly DuckdbColumn[]): SqlStep {
  const fresh = `${table}__new`;
  const sql = [
    createTable(
      fresh,
      columns.map((column) => ({ ...column, required: false })),
    ),
    `INSERT INTO ${quoteName(fresh)} BY NAME SELECT * FROM ${quoteName(table)}`,
    `DROP TABLE ${quoteName(table)}`,
    `ALTER TABLE ${quoteName(fresh)} RENAME TO ${quoteName(table)}`,
  ];
  return { title: `rewrite table ${table} with new fields in its records`, sql: sql.join(';\n') };
}

/** True where `should` is `is`, or has more fields in its records. */
function grows(is: DuckDBType, should: DuckDBType): boolean {
  if (is instanceof DuckDBListType && should instanceof DuckDBListType) {
    return grows(is.valueType, should.valueType);
  }
  if (is instanceof DuckDBStructType && should instanceof DuckDBStructType) {
    return is.entryNames.every((name, index) => {
      const [before, after] = [is.entryTypes[index], should.entryTypes[should.entryNames.indexOf(name)]];
      return before !== undefined && after !== undefined && grows(before, after);
    });
  }
  return String(is) === String(should);
}

async function typesOf(connection: DuckDBConnection, sql: string): Promise<Map<string, DuckDBType>> {
  const result = await connection.run(sql);
  return new Map(result.columnNames().map((name, index) => [name.toLowerCase(), result.columnType(index)]));
}

function wrongType(table: string, name: string, should: DuckDBType, is: DuckDBType): StargateError {
  return new StargateError('STG_WAREHOUSE_SCHEMA', {
    expected: `column ${name} of ${table} as ${should}`,
    got: String(is),
    next: 'Name another table in --warehouse, or rename this one.',
  });
}

async function hasTable(connection: DuckDBConnection, table: string): Promise<boolean> {
  const rows = await selectRows(
    connection,
    "SELECT 1 FROM duckdb_tables() WHERE NOT internal AND database_name = current_database() AND schema_name = 'main' AND table_name = $1",
    [table],
  );
  return rows.length > 0;
}
