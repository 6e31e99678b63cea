/** What `doctor` asks a DuckDB file, of its owner where one runs. Only reads. */
import { access } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Check, failed, type Observation, ok, shared, warning } from '../../doctor/port.js';
import { isStargateError } from '../../errors.js';
import { SCHEMA_VERSION } from '../../event/fields.js';
import { queryClient } from './client.js';
import { Database } from './database.js';
import { liveOwner } from './owner.js';
import { layoutOf, planSchema } from './schema.js';

/** Ends the look where the file is not there: nothing of it can be wrong. */
interface Seen {
  readonly place: Observation;
  readonly schema: Observation | null;
}

export function duckdbChecks(file: string, table: string): Check[] {
  const look = shared(() => lookAt(file, table));
  return [
    { code: 'STG_WAREHOUSE', look: async () => (await look()).place },
    { code: 'STG_TABLE_SCHEMA', look: async () => (await look()).schema },
  ];
}

async function lookAt(file: string, table: string): Promise<Seen> {
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (!there) return { place: ok(`${file} is not there yet: made by dev or worker`), schema: null };
  try {
    const owner = await liveOwner(file);
    if (owner === null) return await opened(file, table);
    const place = ok(`${file} is open in process ${owner.pid}, which answers queries`);
    return { place, schema: await askedOf(file, table) };
  } catch (error) {
    if (!isStargateError(error)) throw error;
    const told = `${file}: ${error.message} ${error.got ?? ''}`;
    // Whoever has it at work is no fault of it.
    const busy = error.code === 'STG_WAREHOUSE_LOCKED';
    return { place: busy ? warning(told, error.next) : failed(told, error.next), schema: null };
  }
}

async function opened(file: string, table: string): Promise<Seen> {
  const database = await Database.open(file, { readOnly: true });
  try {
    const schema = await database.lend((connection) => planned(connection, table));
    return { place: ok(`${file} opens, and nobody has it`), schema };
  } finally {
    await database.close();
  }
}

async function planned(connection: DuckDBConnection, table: string): Promise<Observation> {
  try {
    const steps = await planSchema(connection, table);
    if (steps.length === 0) return ok(`version ${SCHEMA_VERSION}`);
    return warning(`${steps.map(({ title }) => title).join('; ')}: done by the next start of dev or worker`);
  } catch (error) {
    if (!isStargateError(error)) throw error;
    const { message, expected = 'another', got = 'something else', next } = error;
    return failed(`${message} Expected ${expected}, got ${got}`, next);
  }
}

/** Its owner brought the tables to its own version when it started: that is the one of this program, or is not. */
async function askedOf(file: string, table: string): Promise<Observation> {
  const asked = queryClient(file, { events: table, rejected: 'events_rejected' });
  const { rows } = await asked.query('SELECT version, layout FROM stargate_warehouse');
  const { version, layout } = rows[0] ?? {};
  if (Number(version) === SCHEMA_VERSION && layout === layoutOf(table))
    return ok(`version ${SCHEMA_VERSION}`);
  return warning(
    `version ${version} of another Stargate than this one, or of another --table`,
    'start dev or worker again with this version',
  );
}
