/**
 * The event as BigQuery columns: the JSON form of the REST API and of Terraform's
 * google_bigquery_table.schema, and the same as DDL. Types: cloud.google.com/bigquery/docs/schemas.
 */
import type { Field } from '../fields.js';

export interface BigQueryColumn {
  readonly name: string;
  readonly type: string;
  readonly mode: 'NULLABLE' | 'REQUIRED' | 'REPEATED';
  readonly description: string;
  readonly fields?: readonly BigQueryColumn[];
}

/** REST and Terraform schema, in the table's order. */
export function bigQuerySchema(fields: readonly Field[]): BigQueryColumn[] {
  return fields.map((field) => ({
    name: field.name,
    type: REST_TYPES[field.type] ?? field.type,
    mode: field.mode ?? 'NULLABLE',
    description: field.doc,
    ...(field.fields && { fields: bigQuerySchema(field.fields) }),
  }));
}

/** The REST API knows INT64 and BOOL by their older names only in what it answers; it is compared with that. */
const REST_TYPES: Partial<Record<Field['type'], string>> = { INT64: 'INTEGER', BOOL: 'BOOLEAN' };

export interface BigQueryTableOptions {
  /** Quoted by the caller's needs: `project.dataset.table` without backticks. */
  readonly table: string;
  readonly partitionBy: string;
  readonly clusterBy: readonly string[];
  /** Days that a partition is kept. */
  readonly expirationDays: number;
  readonly description: string;
}

/** CREATE TABLE IF NOT EXISTS, partitioned by day; queries must name the partition column. */
export function bigQueryTable(fields: readonly Field[], options: BigQueryTableOptions): string {
  const cluster = options.clusterBy.length > 0 ? `CLUSTER BY ${options.clusterBy.join(', ')}\n` : '';
  return `CREATE TABLE IF NOT EXISTS \`${options.table}\` (
${fields.map((field) => `  ${columnDdl(field)}`).join(',\n')}
)
PARTITION BY DATE(${options.partitionBy})
${cluster}OPTIONS (
  description = ${text(options.description)},
  partition_expiration_days = ${options.expirationDays},
  require_partition_filter = TRUE
)`;
}

function columnDdl(field: Field): string {
  const notNull = field.mode === 'REQUIRED' ? ' NOT NULL' : '';
  return `${field.name} ${typeDdl(field)}${notNull} OPTIONS (description = ${text(field.doc)})`;
}

function typeDdl(field: Field): string {
  const single =
    field.type === 'RECORD'
      ? `STRUCT<${(field.fields ?? []).map((inner) => `\`${inner.name}\` ${typeDdl(inner)}`).join(', ')}>`
      : field.type;
  return field.mode === 'REPEATED' ? `ARRAY<${single}>` : single;
}

const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;
