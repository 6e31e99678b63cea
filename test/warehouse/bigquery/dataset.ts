/** A dataset as this version leaves it, for tests of what is made of its facts. */
import type { Facts, Found } from '../../../src/warehouse/bigquery/facts.js';
import type { BigquerySettings } from '../../../src/warehouse/bigquery/settings.js';
import { tablesOf } from '../../../src/warehouse/bigquery/tables.js';
import { viewsOf } from '../../../src/warehouse/bigquery/views/index.js';

export const SETTINGS: BigquerySettings = {
  ...{ project: 'acme-demo', dataset: 'web', table: 'events', endpoint: null, location: null },
  retentionDays: 395,
};

/** A dataset as this version leaves it, with one table changed. */
export function dataset(change: Partial<Found> = {}, name = 'events'): Facts {
  const tables = new Map<string, Found>();
  for (const { name: table, columns, days, filter, cluster } of tablesOf(SETTINGS))
    tables.set(table, {
      ...{ type: 'TABLE', description: '', columns, days, filter, cluster },
      partitionedBy: days === null ? null : 'received_at',
      ...(table === name && change),
    });
  const columns = tablesOf(SETTINGS)[0]!.columns.map((column) => column.name);
  const views = viewsOf(SETTINGS, columns, []);
  for (const { name: view, kind, description } of views)
    if (kind === 'view')
      tables.set(view, {
        ...{ type: 'VIEW', description, columns: [], days: null, partitionedBy: null, filter: false },
        ...{ cluster: [], ...(view === name && change) },
      });
  const functions = views.filter(({ kind }) => kind === 'function');
  return {
    ...{ location: 'US', tables, old: [] },
    functions: new Map(functions.map(({ name: each, description }) => [each, description])),
  };
}
