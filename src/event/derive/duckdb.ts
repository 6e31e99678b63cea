/** DuckDB's side of the event: column types and CREATE TABLE texts. Pure. */
import { FIELDS, type Field, type FieldType, REJECTED_FIELDS } from '../fields.js';

export interface DuckdbColumn {
  readonly name: string;
  /** As DuckDB writes it itself, so that it can be compared with a table that exists. */
  readonly type: string;
  readonly required: boolean;
}

/**
 * TIMESTAMP is an instant in BigQuery, so TIMESTAMPTZ here (the session's time zone is always UTC).
 * DECIMAL(38,9) is exactly BigQuery's NUMERIC.
 */
const SCALARS: Readonly<Record<Exclude<FieldType, 'RECORD'>, string>> = {
  STRING: 'VARCHAR',
  INT64: 'BIGINT',
  BOOL: 'BOOLEAN',
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
  DATE: 'DATE',
  NUMERIC: 'DECIMAL(38,9)',
  JSON: 'JSON',
};

/** `"name"`, safe for any text. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Type of a field's column; `scalar` replaces the scalar types where a statement needs others. */
export function duckdbType(field: Field, scalar: (type: string) => string = (type) => type): string {
  const members = field.fields?.map((member) => `${quoteName(member.name)} ${duckdbType(member, scalar)}`);
  const single = field.type === 'RECORD' ? `STRUCT(${members?.join(', ')})` : scalar(SCALARS[field.type]);
  return field.mode === 'REPEATED' ? `${single}[]` : single;
}

const columnsOf = (fields: readonly Field[]): readonly DuckdbColumn[] =>
  fields.map((field) => ({
    name: field.name,
    type: duckdbType(field),
    required: field.mode === 'REQUIRED',
  }));

export const EVENT_COLUMNS = columnsOf(FIELDS);
export const REJECTED_COLUMNS = columnsOf(REJECTED_FIELDS);

/** CREATE TABLE for columns in their order. */
export function createTable(table: string, columns: readonly DuckdbColumn[]): string {
  const lines = columns.map(
    ({ name, type, required }) => `  ${quoteName(name)} ${type}${required ? ' NOT NULL' : ''}`,
  );
  return `CREATE TABLE ${quoteName(table)} (\n${lines.join(',\n')}\n)`;
}
