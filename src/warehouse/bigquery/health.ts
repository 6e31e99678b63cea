/** What a dataset holds, judged as `setup` would. Pure. */
import { count, failed, type Observation, ok, warning } from '../../doctor/port.js';
import { isStargateError } from '../../errors.js';
import { type Facts, type Found, isOld } from './facts.js';
import { changed, refuseOther, viewSteps } from './plan.js';
import type { BigquerySettings } from './settings.js';
import type { Table } from './tables.js';
import { viewsOf } from './views/index.js';

/** A dataset and the command that brings it to this version. */
export interface Dataset {
  readonly settings: BigquerySettings;
  readonly facts: Facts;
  readonly setup: string;
}

export function judgeDataset({ settings, facts, setup }: Dataset): Observation {
  const name = `${settings.project}.${settings.dataset}`;
  if (facts.location === null) return failed(`there is no dataset ${name}`, setup);
  const { location } = settings;
  if (location !== null && location.toLowerCase() !== facts.location.toLowerCase())
    return warning(
      `${name} is in ${facts.location}, and bigqueryLocation says ${location}`,
      'a dataset cannot be moved: name another in --warehouse, or change --bigquery-location',
    );
  return ok(`${name} in ${facts.location}`);
}

/** Columns of one table. */
export function judgeColumns({ settings, facts, setup }: Dataset, table: Table): Observation {
  const found = facts.tables.get(table.name);
  if (!found) return failed(`there is no table ${table.name}`, setup);
  try {
    if (isOld(found)) refuseOther(settings, table, found);
    const step = changed(table, found).find((each) => each.do === 'change columns');
    return step ? failed(`${table.name}: ${step.title}`, setup) : ok(`${table.name}: ${shown(found)}`);
  } catch (error) {
    if (!isStargateError(error)) throw error;
    const { expected = 'another', got = 'something else', next } = error;
    return failed(`${table.name}: expected ${expected}, got ${got}`, next);
  }
}

const shown = ({ columns }: Found): string => count(columns.length, 'column');

/** Partitions, clustering, and whether a query has to name its days. Null where the table is not there. */
export function judgeLayout({ settings, facts }: Dataset, table: Table): Observation | null {
  const { name, cluster, filter } = table;
  const found = facts.tables.get(name);
  if (!found) return null;
  try {
    refuseOther(settings, table, found);
  } catch (error) {
    if (!isStargateError(error)) throw error;
    return failed(`${name}: expected ${error.expected}, got ${error.got}`, error.next);
  }
  const alter = (option: string) => alterOf(settings, name, option);
  if (filter && !found.filter)
    return warning(
      `${name}: queries may read all partitions, expected require_partition_filter`,
      alter('require_partition_filter = TRUE'),
    );
  if (found.cluster.join() !== cluster.join())
    return warning(
      `${name}: clustered by ${found.cluster.join(', ') || 'nothing'}, expected ${cluster.join(', ')}`,
      `bq update --clustering_fields=${cluster.join()} ${settings.project}:${settings.dataset}.${name}`,
    );
  return ok(`${name}: by day of received_at; clustered by ${cluster.join(', ')}`);
}

/** For how long rows are kept. Null where the table is not there, or has no such thing. */
export function judgeExpiry({ settings, facts, setup }: Dataset, { name, days }: Table): Observation | null {
  const found = facts.tables.get(name);
  if (!found || days === null || found.partitionedBy === null) return null;
  if (found.days === days) return ok(`${name}: ${days} days`);
  const is = found.days === null ? 'partitions never expire' : `${found.days} days`;
  const told = `${name}: ${is}, expected ${days} days`;
  if (found.days !== null && found.days < days) return warning(told, setup);
  // It deletes rows: setting up leaves it to a person.
  return warning(told, alterOf(settings, name, `partition_expiration_days = ${days}`));
}

const alterOf = ({ project, dataset }: BigquerySettings, table: string, option: string): string =>
  `bq query --use_legacy_sql=false 'ALTER TABLE \`${project}.${dataset}.${table}\` SET OPTIONS (${option})'`;

export function judgeViews({ settings, facts, setup }: Dataset): Observation {
  const steps = viewSteps(settings, facts);
  const all = viewsOf(settings, [], facts.old).length;
  if (steps.length === 0) return ok(`all ${all} are those of this version`);
  return warning(`to be done: ${steps.map(({ title }) => title).join('; ')}`, setup);
}
