/**
 * The event as a protobuf message, in the JSON form of a DescriptorProto: what a row of the Storage Write API is.
 * Types: cloud.google.com/bigquery/docs/write-api#data_type_conversions.
 */
import type { Field, FieldType } from '../fields.js';

export interface ProtoField {
  readonly name: string;
  /** The name itself: those that protobuf would make of `utm_source` and `utmSource` are one, and refused. */
  readonly jsonName: string;
  readonly number: number;
  readonly label: 'LABEL_OPTIONAL' | 'LABEL_REQUIRED' | 'LABEL_REPEATED';
  readonly type: ProtoType;
  /** Of a message, relative to the one around it. */
  readonly typeName?: string;
}

export interface ProtoMessage {
  readonly name: string;
  readonly field: readonly ProtoField[];
  readonly nestedType: readonly ProtoMessage[];
}

type ProtoType = 'TYPE_STRING' | 'TYPE_INT64' | 'TYPE_INT32' | 'TYPE_BOOL' | 'TYPE_MESSAGE';

/** TIMESTAMP is microseconds since 1970, DATE days since then; NUMERIC and JSON are text. */
const TYPES: Readonly<Record<FieldType, ProtoType>> = {
  STRING: 'TYPE_STRING',
  INT64: 'TYPE_INT64',
  BOOL: 'TYPE_BOOL',
  TIMESTAMP: 'TYPE_INT64',
  DATE: 'TYPE_INT32',
  NUMERIC: 'TYPE_STRING',
  JSON: 'TYPE_STRING',
  RECORD: 'TYPE_MESSAGE',
};

/** Field numbers count from 1 in the table's order: they hold within one connection, which names them first. */
export function protoMessage(name: string, fields: readonly Field[]): ProtoMessage {
  return {
    name,
    field: fields.map((field, index) => ({
      name: field.name,
      jsonName: field.name,
      number: index + 1,
      label: `LABEL_${field.mode ?? 'OPTIONAL'}`,
      type: TYPES[field.type],
      ...(field.fields && { typeName: nestedName(field) }),
    })),
    nestedType: fields.flatMap((field) =>
      field.fields ? [protoMessage(nestedName(field), field.fields)] : [],
    ),
  };
}

const nestedName = ({ name }: Field): string => `${name}_message`;
