/** What the tests with BigQuery's SQL engine share: a dataset a test, and rows in it. */
import { FIELDS, type Field } from '../../../src/event/fields.js';
import { type BigquerySettings, openSql } from '../../../src/warehouse/bigquery/open.js';
import { pathOf } from '../../../src/warehouse/bigquery/settings.js';
import type { AppendRow } from '../../../src/warehouse/port.js';
import { PROJECT } from '../../helpers/bigquery-sql.js';

let datasets = 0;

/** Settings of a dataset that no other test has. */
export const settingsOf = (endpoint: string, more: Partial<BigquerySettings> = {}): BigquerySettings => ({
  project: PROJECT,
  dataset: `d${process.pid}_${datasets++}`,
  table: 'events',
  endpoint,
  location: null,
  retentionDays: 395,
  ...more,
});

const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;

function literal(field: Field, value: unknown): string {
  if (value === undefined || value === null) return field.mode === 'REPEATED' ? '[]' : 'NULL';
  if (field.mode === 'REPEATED') {
    const single = { ...field, mode: undefined } as unknown as Field;
    return `[${(value as unknown[]).map((item) => literal(single, item)).join(', ')}]`;
  }
  if (field.type === 'RECORD') {
    const members = (field.fields ?? []).map(
      (member) => `${typed(member, (value as Record<string, unknown>)[member.name])} AS \`${member.name}\``,
    );
    return `STRUCT(${members.join(', ')})`;
  }
  if (field.type === 'JSON') return `JSON ${text(JSON.stringify(value))}`;
  if (field.type === 'INT64' || field.type === 'BOOL') return String(value);
  return `${field.type === 'STRING' ? '' : `${field.type} `}${text(String(value))}`;
}

const typed = (field: Field, value: unknown): string =>
  value === undefined || value === null ? `CAST(NULL AS ${field.type})` : literal(field, value);

/** Puts rows into the event table by SQL, as the worker's writer would by the Storage Write API. */
export async function plant(settings: BigquerySettings, rows: readonly AppendRow[]): Promise<void> {
  const used = FIELDS.filter(({ name }) =>
    rows.some(({ event }) => (event as Record<string, unknown>)[name] !== undefined),
  );
  const values = rows.map(
    ({ event }) =>
      `(${used.map((field) => literal(field, (event as Record<string, unknown>)[field.name])).join(', ')})`,
  );
  await openSql(settings).queries.change(
    `INSERT INTO ${pathOf(settings, settings.table)} (${used.map(({ name }) => `\`${name}\``).join(', ')}) VALUES ${values.join(', ')}`,
  );
}
