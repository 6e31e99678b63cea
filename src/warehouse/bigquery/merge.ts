/** The columns of a table that grows to what this version writes. Pure. */
import { StargateError } from '../../errors.js';
import type { BigQueryColumn } from '../../event/derive/bigquery.js';
import type { Column } from './facts.js';

export interface Merged {
  /** All that the table has, in its order, with what was missing behind. */
  readonly columns: readonly Column[];
  /** Paths of what was missing, such as `items.price`. */
  readonly added: readonly string[];
}

/** BigQuery says in some answers INTEGER and in others INT64. */
const SAME: Readonly<Record<string, string>> = { INT64: 'INTEGER', BOOL: 'BOOLEAN', STRUCT: 'RECORD' };
const typeOf = (type: string): string => SAME[type] ?? type;

/** Errors: STG_WAREHOUSE_SCHEMA where a column has another type. */
export function merge(
  table: string,
  found: readonly Column[],
  wanted: readonly BigQueryColumn[],
  path = '',
): Merged {
  const added: string[] = [];
  const columns = [...found];
  for (const want of wanted) {
    // Names of columns differ in more than their case.
    const at = found.findIndex(({ name }) => name.toLowerCase() === want.name.toLowerCase());
    const is = found[at];
    if (!is) {
      added.push(`${path}${want.name}`);
      // A table that has rows can only get columns that may be empty.
      columns.push(want.mode === 'REQUIRED' ? { ...want, mode: 'NULLABLE' } : want);
      continue;
    }
    refuseOther(table, `${path}${want.name}`, is, want);
    if (!want.fields) continue;
    const inner = merge(table, is.fields ?? [], want.fields, `${path}${want.name}.`);
    added.push(...inner.added);
    columns[at] = { ...is, fields: inner.columns };
  }
  return { columns, added };
}

function refuseOther(table: string, path: string, is: Column, want: BigQueryColumn): void {
  const list = (mode: string): string => (mode === 'REPEATED' ? 'ARRAY of ' : '');
  // A column that may be empty takes what never is; the other way round rows would be refused.
  const narrower = is.mode === 'REQUIRED' && want.mode === 'NULLABLE';
  const [should, has] = [want, is].map(({ type, mode }) => `${list(mode)}${typeOf(type)}`);
  if (should === has && !narrower) return;
  throw new StargateError('STG_WAREHOUSE_SCHEMA', {
    expected: `column ${path} of ${table} as ${should}`,
    got: `${has}${narrower ? ' that must not be null' : ''}`,
    next: 'Name another table in --warehouse, or rename this one.',
  });
}
