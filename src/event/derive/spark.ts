/** The record's JSON value as a Spark StructType, in the JSON form that `StructType.fromJson` reads. */
import type { Field, FieldType } from '../fields.js';

type SparkType = string | { readonly type: string; readonly [key: string]: unknown };

/** NUMERIC and TIMESTAMP are text in the record; the job casts them, so that a bad value can be told apart. */
const TYPES: Record<Exclude<FieldType, 'RECORD'>, SparkType> = {
  STRING: 'string',
  INT64: 'long',
  BOOL: 'boolean',
  TIMESTAMP: 'string',
  DATE: 'string',
  NUMERIC: 'string',
  JSON: 'string',
};

export function sparkSchema(fields: readonly Field[]): SparkType {
  return {
    type: 'struct',
    fields: fields.map((field) => ({
      name: field.name,
      type: sparkType(field),
      nullable: field.mode !== 'REQUIRED',
      metadata: { comment: field.doc },
    })),
  };
}

function sparkType(field: Field): SparkType {
  const single = field.type === 'RECORD' ? sparkSchema(field.fields ?? []) : TYPES[field.type];
  return field.mode === 'REPEATED' ? { type: 'array', elementType: single, containsNull: false } : single;
}
