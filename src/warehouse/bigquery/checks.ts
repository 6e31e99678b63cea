/** What `doctor` asks BigQuery. Nothing is changed, and nothing is paid for. */
import {
  type Check,
  type Checks,
  type Commands,
  failed,
  type Observation,
  ok,
  shared,
  told,
} from '../../doctor/port.js';
import { isStargateError, StargateError } from '../../errors.js';
import { StorageClient } from './client.js';
import { isLoopback, openClient } from './client-sql.js';
import { credentials } from './credentials.js';
import { CODE, codeOf, wordsOf } from './errors.js';
import { sqlError } from './errors-sql.js';
import { type Dataset, judgeColumns, judgeDataset, judgeExpiry, judgeLayout, judgeViews } from './health.js';
import { storageEndpoint } from './open-writer.js';
import type { BigquerySettings } from './settings.js';
import { openSql } from './sql.js';
import { POSITIONS, tablesOf } from './tables.js';

export interface BigqueryCheckOptions {
  /** Of the Storage API; null for Google's. */
  readonly storageEndpoint: string | null;
  readonly commands: Commands;
}

const DEADLINE_MS = 10_000;
const EDITOR = 'roles/bigquery.dataEditor';

export function bigqueryChecks(settings: BigquerySettings, options: BigqueryCheckOptions): Checks {
  const { commands } = options;
  const sql = openSql(settings);
  const look = shared(async (): Promise<Dataset> => {
    return { settings, facts: await sql.setup.look(), setup: commands.setup };
  });
  // Of what a dataset that is not there holds nothing can be told.
  const inside = async (): Promise<Dataset> => {
    const dataset = await look();
    if (dataset.facts.location === null)
      throw new StargateError('STG_WAREHOUSE_MISSING', {
        message: 'There is no dataset.',
        next: commands.setup,
      });
    return dataset;
  };
  const tables = tablesOf(settings);
  const positions = tables.find(({ name }) => name === POSITIONS)!;
  const others = tables.filter((table) => table !== positions);
  const writer = new Writing(settings, options);
  const checks: Check[] = [
    { code: 'STG_CREDENTIALS', look: async () => (needsNone(settings) ? needless : credentials()) },
    { code: 'STG_WAREHOUSE', look: () => look().then(judgeDataset, away) },
    ...others.flatMap((table): Check[] => [
      { code: 'STG_TABLE_SCHEMA', look: async () => judgeColumns(await inside(), table) },
      { code: 'STG_TABLE_LAYOUT', look: async () => judgeLayout(await inside(), table) },
      { code: 'STG_TABLE_EXPIRY', look: async () => judgeExpiry(await inside(), table) },
    ]),
    { code: 'STG_TABLE_POSITIONS', look: async () => judgeColumns(await inside(), positions) },
    { code: 'STG_VIEWS', look: async () => judgeViews(await inside()) },
    { code: 'STG_WRITE_API', look: () => writer.reach() },
    { code: 'STG_WRITE_PERMISSION', look: () => permission(settings, sql) },
  ];
  return { checks, close: async () => writer.close() };
}

/** That nobody answers, or not us, is what this check is for; to the others it is a reason to know nothing. */
function away(error: unknown): Observation {
  if (!isStargateError(error)) throw error;
  return failed(told(error), error.next);
}

const needsNone = ({ endpoint }: BigquerySettings): boolean => endpoint !== null && isLoopback(endpoint);
const needless = ok('none are sent: the endpoint is on this machine');

/** The Storage Write API, asked for a stream that every table has: that makes none. */
class Writing {
  readonly #settings: BigquerySettings;
  readonly #options: BigqueryCheckOptions;
  #client: StorageClient | null = null;

  constructor(settings: BigquerySettings, options: BigqueryCheckOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  async reach(): Promise<Observation> {
    const { project, dataset, table } = this.#settings;
    const { storageEndpoint: url, commands } = this.#options;
    const endpoint = url ? storageEndpoint(url) : null;
    const place = endpoint ? `${endpoint.host}:${endpoint.port}` : 'bigquerystorage.googleapis.com';
    // It fails where there are no credentials, which STG_CREDENTIALS tells of.
    this.#client = await StorageClient.open({ project, endpoint, deadlineMs: DEADLINE_MS });
    try {
      await this.#client.get(`projects/${project}/datasets/${dataset}/tables/${table}/streams/_default`);
      return ok(`${place} answers`);
    } catch (error) {
      const code = codeOf(error);
      if (code === CODE.UNIMPLEMENTED) throw error;
      if (code === CODE.NOT_FOUND)
        return failed(`${place} answers, and knows no table ${table}`, commands.setup);
      if (code === CODE.PERMISSION_DENIED)
        return failed(`${place}: ${wordsOf(error)}`, grant(this.#settings));
      return failed(`${place} does not answer: ${wordsOf(error)}`);
    }
  }

  close(): void {
    this.#client?.close();
  }
}

const WRITES = ['bigquery.tables.get', 'bigquery.tables.getData', 'bigquery.tables.updateData'];

/** What of the rights of a worker is missing: on the table, and to ask at all. */
async function permission(
  settings: BigquerySettings,
  { queries }: Pick<ReturnType<typeof openSql>, 'queries'>,
): Promise<Observation> {
  const { project, dataset, table } = settings;
  const asked = openClient(settings).dataset(dataset, { projectId: project }).table(table);
  const [answer] = await asked.testIamPermissions(WRITES).catch((error: unknown) => {
    throw sqlError(error, 'STG_WAREHOUSE_MISSING');
  });
  const granted: readonly string[] = answer.permissions ?? [];
  const missing = WRITES.filter((each) => !granted.includes(each));
  if (missing.length > 0)
    return failed(`table ${table}: not allowed: ${missing.join(', ')}`, grant(settings));
  // A dry run: it needs the right to run jobs, runs none and costs nothing.
  await queries.cost('SELECT 1');
  return ok('to write rows and to run queries');
}

const grant = ({ project, dataset }: BigquerySettings): string =>
  `give ${EDITOR} on ${project}.${dataset} and roles/bigquery.jobUser on ${project} to whom STG_CREDENTIALS names`;
