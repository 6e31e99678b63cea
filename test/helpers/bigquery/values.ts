/** What BigQuery looks at in a row before it takes it. */
import type { Field } from '../../../src/event/fields.js';
import type { Row } from './store.js';

const YEAR_MS = 365.25 * 86_400_000;
const NUMERIC = /^-?\d{1,29}(\.\d{1,9})?$/;

/** Why the row is refused, or null. */
export function rowError(row: Row, fields: readonly Field[] | null, refuseEvery: number): string | null {
  if (fields === null) return null;
  const isEvent = fields.some(({ name }) => name === 'event_id');
  if (isEvent && refuseEvery > 0 && Number(row.kafka_offset) % refuseEvery === 0) return 'injected: refused';
  return partitionError(row, fields) ?? fieldsError(row, fields);
}

function partitionError(row: Row, fields: readonly Field[]): string | null {
  if (!fields.some(({ name }) => name === 'received_at')) return null;
  const years = (Number(row.received_at) / 1_000 - Date.now()) / YEAR_MS;
  return years > -10 && years < 1 ? null : 'partition column outside of 10 years ago and 1 year ahead';
}

function fieldsError(row: Row, fields: readonly Field[]): string | null {
  for (const field of fields) {
    const value = row[field.name];
    if (value === undefined) {
      if (field.mode === 'REQUIRED') return `field ${field.name} is required`;
      continue;
    }
    for (const one of field.mode === 'REPEATED' ? (value as unknown[]) : [value]) {
      const wrong = field.fields ? fieldsError(one as Row, field.fields) : valueError(field, one);
      if (wrong !== null) return wrong;
    }
  }
  return null;
}

function valueError({ name, type }: Field, value: unknown): string | null {
  if (type === 'NUMERIC' && !NUMERIC.test(String(value))) return `invalid NUMERIC in ${name}`;
  if (type !== 'JSON') return null;
  try {
    JSON.parse(String(value));
    return null;
  } catch {
    return `invalid JSON in ${name}`;
  }
}
