import { StargateError } from '../../errors.js';
import { type Person, patternOf } from '../../event/person.js';
import type { Erasure, PersonRows } from '../port.js';
import { openClient } from './client-sql.js';
import { sqlError } from './errors-sql.js';
import { Queries } from './query.js';
import { type BigquerySettings, pathOf } from './settings.js';
import { REJECTED } from './tables.js';
import { EVER } from './views/deduped.js';

/** A null id matches nothing. */
const EVENT = `${EVER} AND (user_pseudo_id = @client OR clientId = @client OR user_id = @user
  OR REGEXP_CONTAINS(TO_JSON_STRING(data_layer), @pattern))`;
const RAW = `${EVER} AND REGEXP_CONTAINS(raw, @pattern)`;
/** RE2's pattern without a match. */
const NEVER = '[^\\x00-\\x{10FFFF}]';
/** Google's default, and the days that it keeps what time travel has let go of (fail-safe). */
const TRAVEL_HOURS = 168;
const FAIL_SAFE_DAYS = 7;

/** Opens nothing: credentials and network are needed by the first call. */
export function openErasure(settings: BigquerySettings): Erasure {
  const client = openClient(settings);
  const queries = new Queries(client, settings);
  const from = {
    events: `${pathOf(settings, settings.table)} WHERE ${EVENT}`,
    rejected: `${pathOf(settings, REJECTED)} WHERE ${RAW}`,
  };
  const find = async (person: Person): Promise<PersonRows> => {
    const count = async (rows: string): Promise<number> =>
      Number((await queries.rows(`SELECT COUNT(*) AS n FROM ${rows}`, parameters(person, rows)))[0]?.n);
    return { events: await count(from.events), rejected: await count(from.rejected) };
  };
  return {
    find,
    async erase(person) {
      const change = (rows: string) =>
        queries.change(`DELETE FROM ${rows}`, parameters(person, rows)).catch(buffered);
      const erased = { events: await change(from.events), rejected: await change(from.rejected) };
      const left = await find(person);
      if (left.events + left.rejected > 0)
        throw new StargateError('STG_FORGET_INCOMPLETE', {
          got: `${erased.events + erased.rejected} rows deleted, ${left.events + left.rejected} came in meanwhile`,
        });
      return erased;
    },
    async remains() {
      const dataset = client.dataset(settings.dataset, { projectId: settings.project });
      const [{ maxTimeTravelHours }] = await dataset.getMetadata().catch((error: unknown) => {
        throw sqlError(error, 'STG_QUERY_FAILED');
      });
      return remainsOf(Number(maxTimeTravelHours ?? TRAVEL_HOURS), Date.now(), settings);
    },
    close: async () => undefined,
  };
}

/** The parameters that the statement names: BigQuery refuses others. */
function parameters(person: Person, sql: string) {
  const all = {
    // An empty id is nobody's.
    client: person.clientId ?? '',
    user: person.userId ?? '',
    pattern: patternOf(person) ?? NEVER,
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => sql.includes(`@${name}`)));
}

/** Until when deleted rows can be had back: first by anybody who may read the table, then by Google's support. */
export function remainsOf(
  travelHours: number,
  now: number,
  { project, dataset }: Pick<BigquerySettings, 'project' | 'dataset'>,
): readonly string[] {
  const travel = new Date(now + travelHours * 3_600_000);
  const safe = new Date(travel.getTime() + FAIL_SAFE_DAYS * 86_400_000);
  const day = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return [
    `Time travel shows the deleted rows until ${day(travel)}: it is set to ${travelHours} hours for ${project}.${dataset} (48 are the least: ALTER SCHEMA … SET OPTIONS (max_time_travel_hours = 48)).`,
    `Google's fail-safe keeps them until ${day(safe)}; only Google's support can reach it.`,
  ];
}

function buffered(error: unknown): never {
  const { got = '' } = error as StargateError;
  if (/streaming buffer/i.test(got))
    throw new StargateError('STG_FORGET_INCOMPLETE', {
      ...{ got, cause: error },
      next: 'Rows that came in within the last half hour cannot always be deleted yet. Run it again later.',
    });
  throw error;
}
