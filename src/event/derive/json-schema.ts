/** The log record's value as JSON Schema 2020-12, as OpenAPI 3.1 uses it. */
import type { Field, FieldType } from '../fields.js';

export interface JsonSchema {
  readonly [key: string]: unknown;
}

const TYPES: Record<Exclude<FieldType, 'RECORD'>, JsonSchema> = {
  STRING: { type: 'string' },
  INT64: { type: 'integer' },
  BOOL: { type: 'boolean' },
  TIMESTAMP: { type: 'string', format: 'date-time' },
  DATE: { type: 'string', format: 'date' },
  NUMERIC: { type: 'string', pattern: '^-?[0-9]{1,29}(\\.[0-9]{1,9})?$' },
  JSON: {},
};

export function jsonSchema(fields: readonly Field[]): JsonSchema {
  const required = fields.filter(({ mode }) => mode === 'REQUIRED').map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => [field.name, { ...single(field), description: field.doc }]),
    ),
    ...(required.length > 0 && { required }),
  };
}

function single(field: Field): JsonSchema {
  const schema = field.type === 'RECORD' ? jsonSchema(field.fields ?? []) : TYPES[field.type];
  return field.mode === 'REPEATED' ? { type: 'array', items: schema } : schema;
}
