/** What setting up has to do, from what there is. Pure. */
import { StargateError } from '../../errors.js';
import type { BigQueryColumn } from '../../event/derive/bigquery.js';
import type { SchemaPlan, SchemaStep } from '../port.js';
import { type Column, type Facts, type Found, isOld } from './facts.js';
import { merge } from './merge.js';
import type { BigquerySettings } from './settings.js';
import { type Table, tablesOf } from './tables.js';
import { viewsOf } from './views/index.js';

/** One request to BigQuery. */
export type BigqueryStep = SchemaStep &
  (
    | { readonly do: 'create dataset'; readonly location: string | null }
    | { readonly do: 'create table'; readonly table: Table }
    | { readonly do: 'change columns'; readonly table: string; readonly columns: readonly Column[] }
    | { readonly do: 'change expiry'; readonly table: string; readonly days: number }
    | { readonly do: 'run'; readonly sql: string }
  );

/** Never destructive. Errors: STG_WAREHOUSE_SCHEMA where a table is in the way. */
export function planDataset(settings: BigquerySettings, facts: Facts): SchemaPlan<BigqueryStep> {
  refuseTaken(settings);
  const steps: BigqueryStep[] = [];
  const notes: string[] = [];
  if (facts.location === null) steps.push(newDataset(settings));
  for (const table of tablesOf(settings)) {
    const found = facts.tables.get(table.name);
    if (!found) {
      steps.push({ do: 'create table', title: `create table ${shown(table)}`, table });
      continue;
    }
    refuseOther(settings, table, found);
    steps.push(...changed(table, found));
    notes.push(...kept(table, found));
  }
  for (const { name } of facts.old)
    notes.push(`Table ${name} of Stargate 2.0 stays as it is; events_v2_compat shows its rows too.`);
  steps.push(...viewSteps(settings, facts));
  return { steps, notes };
}

/** The event table has any name but those of its companions. */
function refuseTaken(settings: BigquerySettings): void {
  const [, ...others] = tablesOf(settings);
  const taken = [...others, ...viewsOf(settings, [], [])].map(({ name }) => name);
  if (!taken.includes(settings.table)) return;
  throw new StargateError('STG_WAREHOUSE_SCHEMA', {
    expected: `another name for the event table than ${taken.join(', ')}`,
    got: settings.table,
    next: 'Name another table in --warehouse, such as events.',
  });
}

function newDataset({ project, dataset, location }: BigquerySettings): BigqueryStep {
  const where = location ?? 'US, where Google makes it unless --bigquery-location names another';
  return { do: 'create dataset', title: `create dataset ${project}.${dataset} in ${where}`, location };
}

function shown({ name, days, filter, cluster }: Table): string {
  const parts = [
    ...(days === null ? [] : [`a partition a day, kept for ${days} days`]),
    `clustered by ${cluster.join(', ')}`,
    ...(filter ? ['queries must filter received_at'] : []),
  ];
  return `${name}: ${parts.join('; ')}`;
}

/** Errors: STG_WAREHOUSE_SCHEMA for a table that setting up leaves as it is. */
export function refuseOther({ project, dataset }: BigquerySettings, table: Table, found: Found): void {
  const { name, days } = table;
  const refuse = (expected: string, got: string, next?: string): never => {
    throw new StargateError('STG_WAREHOUSE_SCHEMA', {
      ...{ expected, got },
      next: next ?? 'Name another table in --warehouse, or rename this one.',
    });
  };
  if (isOld(found))
    refuse(
      `${name} as a table of this version`,
      'the table of Stargate 2.0, which has no partitions',
      `Name another beside it: --warehouse bigquery://${project}/${dataset}.events. The old table stays, and events_v2_compat shows the rows of both.`,
    );
  if (found.type !== 'TABLE') refuse(`${name} as a table`, `a ${found.type.toLowerCase()}`);
  if (days !== null && found.partitionedBy !== 'received_at')
    refuse(`${name} partitioned by day of received_at`, found.partitionedBy ?? 'no such partitions');
}

/** Columns that are missing, and an expiry that keeps more than is kept now. */
export function changed(table: Table, found: Found): BigqueryStep[] {
  const { name, days } = table;
  const steps: BigqueryStep[] = [];
  const { columns, added } = merge(name, found.columns, table.columns);
  if (added.length > 0) {
    const title = `add ${added.length === 1 ? 'column' : 'columns'} ${added.join(', ')} to table ${name}`;
    steps.push({ do: 'change columns', title, table: name, columns });
  }
  if (days !== null && found.days !== null && days > found.days)
    steps.push({
      do: 'change expiry',
      title: `keep partitions of table ${name} for ${days} days: ${found.days} → ${days}`,
      ...{ table: name, days },
    });
  return steps;
}

/** What differs, and is for its owner to change: it deletes rows, or queries may count on it. */
function kept({ name, days, filter, cluster }: Table, found: Found): string[] {
  const notes: string[] = [];
  if (days !== null && (found.days === null || found.days > days))
    notes.push(
      `Table ${name} keeps its partitions ${found.days === null ? 'for ever' : `for ${found.days} days`}, not ${days} days: shortening that deletes rows, so it is left to you (ALTER TABLE … SET OPTIONS (partition_expiration_days = ${days})).`,
    );
  if (filter && !found.filter)
    notes.push(`Table ${name} lets queries read all partitions: require_partition_filter is off.`);
  if (found.cluster.join() !== cluster.join())
    notes.push(`Table ${name} is clustered by ${found.cluster.join(', ') || 'nothing'}, not ${cluster}.`);
  return notes;
}

/** Views and table functions that are missing, or of another version. */
export function viewSteps(settings: BigquerySettings, facts: Facts): BigqueryStep[] {
  const names = (columns: readonly BigQueryColumn[]) => columns.map(({ name }) => name);
  const [events] = tablesOf(settings);
  return viewsOf(settings, names(events?.columns ?? []), facts.old).flatMap(
    ({ name, kind, description, sql }) => {
      const found = facts.tables.get(name);
      if (kind === 'view' && found && found.type !== 'VIEW')
        throw new StargateError('STG_WAREHOUSE_SCHEMA', {
          ...{ expected: `${name} as a view of Stargate`, got: `a ${found.type.toLowerCase()}` },
          next: 'Name another dataset in --warehouse, or rename that table.',
        });
      const is = kind === 'view' ? found?.description : facts.functions.get(name);
      if (is === description) return [];
      const what = kind === 'view' ? 'view' : 'table function';
      const title = `${is === undefined ? 'create' : 'replace'} ${what} ${name}`;
      return [{ do: 'run' as const, title, sql }];
    },
  );
}
