import { access } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { StargateError } from '../../errors.js';
import { quoteName } from '../../event/derive/duckdb.js';
import { type Person, patternOf } from '../../event/person.js';
import type { Erasure, PersonRows } from '../port.js';
import { Database } from './database.js';
import { storageError } from './errors.js';
import { databaseId } from './schema.js';
import { firstRow } from './sql.js';

/** `$1` client id, `$2` user id, `$3` pattern; a null one matches nothing. */
const EVENT = `user_pseudo_id = $1 OR "clientId" = $1 OR user_id = $2
  OR regexp_matches(data_layer::VARCHAR, $3::VARCHAR)`;
const RAW = 'regexp_matches(raw, $1::VARCHAR)';

/** Owns the file while it is open. Errors: STG_WAREHOUSE_MISSING, STG_WAREHOUSE_LOCKED, STG_WAREHOUSE_SCHEMA. */
export async function openErasure(file: string, table: string): Promise<Erasure> {
  await access(file).catch((cause: unknown) => {
    throw new StargateError('STG_WAREHOUSE_MISSING', { expected: `the file ${file}`, cause });
  });
  const database = await Database.open(file);
  const connection = await database.connect();
  const close = async (): Promise<void> => {
    connection.closeSync();
    await database.close();
  };
  try {
    await databaseId(connection);
  } catch (error) {
    await close();
    throw error;
  }
  const run = async (statements: Statements, person: Person): Promise<PersonRows> => ({
    events: await count(connection, statements.events, [person.clientId, person.userId, patternOf(person)]),
    rejected: await count(connection, statements.rejected, [patternOf(person)]),
  });
  const from = { events: `${quoteName(table)} WHERE ${EVENT}`, rejected: `events_rejected WHERE ${RAW}` };
  return {
    find: (person) =>
      run(
        each(from, (rows) => `SELECT count(*) FROM ${rows}`),
        person,
      ),
    async erase(person) {
      try {
        await connection.run('BEGIN');
        const found = await run(
          each(from, (rows) => `DELETE FROM ${rows}`),
          person,
        );
        await connection.run('COMMIT');
        await merge(connection);
        return found;
      } catch (error) {
        throw storageError(error);
      }
    },
    remains: async () => [
      `Blocks of ${file} that held the rows are free now, and keep their bytes until other rows take them.`,
    ],
    close,
  };
}

interface Statements {
  readonly events: string;
  readonly rejected: string;
}
const each = ({ events, rejected }: Statements, make: (rows: string) => string): Statements => ({
  events: make(events),
  rejected: make(rejected),
});

/** DELETE answers with the rows that it deleted, as SELECT count(*) does. */
async function count(
  connection: DuckDBConnection,
  sql: string,
  values: readonly (string | null)[],
): Promise<number> {
  return Number((await firstRow(connection, sql, [...values]))?.[0] ?? 0);
}

/** Deleted rows leave their row groups only when these are written anew. */
async function merge(connection: DuckDBConnection): Promise<void> {
  await connection.run('SET GLOBAL max_vacuum_tasks = 100');
  await connection.run('FORCE CHECKPOINT');
  await connection.run('SET GLOBAL max_vacuum_tasks = 0');
}
