import type { SchemaPlan, WarehouseSetup } from '../port.js';
import type { BigQuery } from './client-sql.js';
import { isMissing, sqlError } from './errors-sql.js';
import { type Column, type Facts, type Found, isOld } from './facts.js';
import { type BigqueryStep, planDataset } from './plan.js';
import type { Queries } from './query.js';
import { type BigquerySettings, pathOf } from './settings.js';
import { type Table, tablesOf } from './tables.js';
import { viewsOf } from './views/index.js';

const DAY_MS = 86_400_000;
const LABELS = { app: 'stargate' };

interface Resource {
  readonly type?: string;
  readonly description?: string;
  readonly schema?: { readonly fields?: readonly Partial<Column>[] };
  readonly timePartitioning?: {
    readonly type?: string;
    readonly field?: string;
    readonly expirationMs?: string;
  };
  readonly requirePartitionFilter?: boolean;
  readonly clustering?: { readonly fields?: readonly string[] };
}

/** Makes the dataset, its tables and views, or brings them to this version. Nothing is done before `apply`. */
export class BigquerySetup implements WarehouseSetup {
  readonly #client: BigQuery;
  readonly #queries: Queries;
  readonly #settings: BigquerySettings;

  constructor(client: BigQuery, queries: Queries, settings: BigquerySettings) {
    this.#client = client;
    this.#queries = queries;
    this.#settings = settings;
  }

  /** Errors: STG_WAREHOUSE_SCHEMA, STG_WAREHOUSE_DENIED, STG_WAREHOUSE_UNREACHABLE. */
  async plan(): Promise<SchemaPlan<BigqueryStep>> {
    return planDataset(this.#settings, await this.look());
  }

  /** What there is. Errors: STG_WAREHOUSE_DENIED, STG_WAREHOUSE_UNREACHABLE. */
  look(): Promise<Facts> {
    return this.#facts().catch(refused);
  }

  /** Errors as of `plan`. */
  async apply({ steps }: SchemaPlan): Promise<void> {
    for (const step of steps as readonly BigqueryStep[]) await this.#do(step).catch(refused);
  }

  get #dataset() {
    return this.#client.dataset(this.#settings.dataset, { projectId: this.#settings.project });
  }

  async #facts(): Promise<Facts> {
    const found = await orNull(this.#dataset.getMetadata());
    if (found === null) return { location: null, tables: new Map(), functions: new Map(), old: [] };
    const own = new Set([
      ...tablesOf(this.#settings).map(({ name }) => name),
      ...viewsOf(this.#settings, [], []).map(({ name }) => name),
    ]);
    const [listed] = await this.#dataset.getTables();
    const looked = listed.filter(
      ({ id = '', metadata }) => own.has(id) || (metadata.type === 'TABLE' && !metadata.timePartitioning),
    );
    const all = await Promise.all(
      looked.map(async ({ id: name = '' }) => {
        const [resource] = await this.#dataset.table(name).getMetadata();
        return [name, foundOf(resource)] as const;
      }),
    );
    const old = all.filter(([name, table]) => !own.has(name) && isOld(table));
    return {
      location: found[0].location ?? 'US',
      tables: new Map(all.filter(([name]) => own.has(name))),
      functions: await this.#functions(),
      old: old.map(([name, table]) => ({ ...this.#oldOf(name, table), name })),
    };
  }

  #oldOf(name: string, { columns }: Found) {
    const key = columns.find((column) => column.name === 'key');
    return { path: pathOf(this.#settings, name), bytesKey: key?.type === 'BYTES' };
  }

  async #functions(): Promise<Map<string, string>> {
    const names = viewsOf(this.#settings, [], []).filter(({ kind }) => kind === 'function');
    const all = await Promise.all(
      names.map(async ({ name }) => {
        const found = await orNull(this.#dataset.routine(name).getMetadata());
        return found ? [[name, String(found[0].description ?? '')] as const] : [];
      }),
    );
    return new Map(all.flat());
  }

  async #do(step: BigqueryStep): Promise<void> {
    if (step.do === 'create dataset') {
      const { location } = step;
      await this.#client.createDataset(this.#settings.dataset, {
        ...{ projectId: this.#settings.project, labels: LABELS },
        ...(location !== null && { location }),
      });
    } else if (step.do === 'create table')
      await this.#dataset.createTable(step.table.name, resourceOf(step.table));
    else if (step.do === 'change columns')
      await this.#dataset.table(step.table).setMetadata({ schema: { fields: fieldsOf(step.columns) } });
    else if (step.do === 'change expiry')
      await this.#dataset.table(step.table).setMetadata({ timePartitioning: partitions(step.days) });
    else await this.#queries.rows(step.sql);
  }
}

const partitions = (days: number) =>
  ({ type: 'DAY', field: 'received_at', expirationMs: String(days * DAY_MS) }) as const;

interface SchemaField extends Omit<Column, 'fields'> {
  fields?: SchemaField[];
}

/** A copy, as the client wants it. */
const fieldsOf = (columns: readonly Column[]): SchemaField[] =>
  columns.map(({ fields, ...column }) => ({ ...column, ...(fields && { fields: fieldsOf(fields) }) }));

const resourceOf = ({ description, columns, days, filter, cluster }: Table) => ({
  ...{ description, labels: LABELS, schema: { fields: fieldsOf(columns) } },
  ...(days !== null && { timePartitioning: partitions(days) }),
  ...(filter && { requirePartitionFilter: true }),
  clustering: { fields: [...cluster] },
});

function foundOf(resource: Resource): Found {
  const { timePartitioning: parts, clustering } = resource;
  const expiry = parts?.expirationMs;
  return {
    type: resource.type ?? '',
    description: resource.description ?? '',
    columns: (resource.schema?.fields ?? []).map(columnOf),
    partitionedBy: parts?.type === 'DAY' ? (parts.field ?? null) : null,
    days: expiry === undefined ? null : Number(expiry) / DAY_MS,
    filter: resource.requirePartitionFilter ?? false,
    cluster: clustering?.fields ?? [],
  };
}

/** Everything of a column, also what we have no name for: it is sent back when others are added. */
const columnOf = (column: Partial<Column>): Column => ({
  ...column,
  ...{ name: column.name ?? '', type: column.type ?? '', mode: column.mode ?? 'NULLABLE' },
  ...(column.fields && { fields: column.fields.map(columnOf) }),
});

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const refused = (error: unknown): never => {
  throw sqlError(error, 'STG_SETUP_FAILED');
};
