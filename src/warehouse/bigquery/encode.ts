/** Rows as the Storage Write API takes them: one protobuf message a row, by a plan made from the field table once. */
import type { Field, FieldType } from '../../event/fields.js';
import type { AppendRow } from '../port.js';
import { Transcoder } from './transcode.js';
import { tagOf, Wire } from './wire.js';

/** Writes one value, tag included. */
type Put = (wire: Wire, value: unknown) => void;

/** BigQuery's NUMERIC has 29 digits before the point and 9 behind it. */
const NUMERIC = /^-?\d{1,29}(?:\.\d{1,9})?$/;
const DAY_MS = 86_400_000;
/** Tags and numbers take at most twice what they take in JSON; the rest is for the transport columns. */
const ROW_BYTES = 4_096;

/** Why a row cannot be a row of the table. */
export class Unfit extends Error {}

/** What several rows have in common is worked out once: an event's times repeat from row to row. */
function remembering<T>(read: (text: string) => T): (text: string) => T {
  let [last, known] = ['', read('1970-01-01')];
  return (text) => {
    if (text !== last) [last, known] = [text, read(text)];
    return known;
  };
}

function time(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Unfit('a TIMESTAMP that is no time');
  return ms;
}

const PUTS: Readonly<Record<Exclude<FieldType, 'RECORD'>, () => Put>> = {
  STRING: () => (wire, value) => wire.text(value as string),
  INT64: () => (wire, value) => wire.int(value as number),
  BOOL: () => (wire, value) => wire.uint(value ? 1 : 0),
  TIMESTAMP: () => {
    const micros = remembering((text) => time(text) * 1_000);
    return (wire, value) => wire.int(micros(value as string));
  },
  DATE: () => {
    const days = remembering((text) => Math.floor(time(text) / DAY_MS));
    return (wire, value) => wire.int(days(value as string));
  },
  NUMERIC: () => (wire, value) => {
    if (!NUMERIC.test(value as string))
      throw new Unfit('a NUMERIC of more than 29 digits, or 9 behind the point');
    wire.text(value as string);
  },
  JSON: () => (wire, value) => wire.text(JSON.stringify(value)),
};

function putOf(field: Field, number: number): Put {
  const { type, fields = [] } = field;
  const tag = tagOf(type, number);
  const put = type === 'RECORD' ? message(fields) : PUTS[type]();
  if (field.mode !== 'REPEATED') {
    return (wire, value) => {
      wire.uint(tag);
      put(wire, value);
    };
  }
  return (wire, values) => {
    for (const value of values as readonly unknown[]) {
      wire.uint(tag);
      put(wire, value);
    }
  };
}

const planOf = (fields: readonly Field[]) =>
  new Map(fields.map((field, index) => [field.name, putOf(field, index + 1)]));

function message(fields: readonly Field[]): Put {
  const plan = planOf(fields);
  return (wire, value) => {
    const begin = wire.open();
    putFields(wire, plan, value as Record<string, unknown>);
    wire.close(begin);
  };
}

/** Keys that the table does not have are no part of a checked record. */
function putFields(wire: Wire, plan: ReadonlyMap<string, Put>, row: Readonly<Record<string, unknown>>): void {
  for (const name in row) {
    const value = row[name];
    if (value !== undefined && value !== null) plan.get(name)?.(wire, value);
  }
}

/** A row's bytes, or why there are none. `json`: bytes of the row as JSON, about. */
export type EncodeRow = (row: object, json: number) => Buffer | Unfit;

/** Makes the encoder of a table with these fields. One row that does not fit leaves the others alone. */
export function encoder(fields: readonly Field[], mostBytes: number): EncodeRow {
  const plan = planOf(fields);
  const wire = new Wire();
  return (row, json) => {
    const begin = begun(wire, json);
    try {
      putFields(wire, plan, row as Record<string, unknown>);
    } catch (error) {
      return unfit(wire, begin, error);
    }
    return ended(wire, begin, mostBytes);
  };
}

/** The bytes of a record of the log: made of its own where those were scanned, else of the event. */
export type EncodeRecord = (row: AppendRow) => Buffer | Unfit;

export function recordEncoder(fields: readonly Field[], mostBytes: number): EncodeRecord {
  const ofEvent = encoder(fields, mostBytes);
  const wire = new Wire();
  const transcoder = new Transcoder(fields);
  const putPlace = placeOf(fields);
  return (row) => {
    const { layer, value } = row;
    if (layer === null) return ofEvent(row.event, value.length);
    const begin = begun(wire, value.length);
    try {
      transcoder.copy(wire, value, layer);
      putPlace(wire, row);
    } catch (error) {
      return unfit(wire, begin, error);
    }
    return ended(wire, begin, mostBytes);
  };
}

/** Where the record stood in the log, which it does not say itself. */
function placeOf(fields: readonly Field[]): (wire: Wire, row: AppendRow) => void {
  const tag = (column: string): number => {
    const index = fields.findIndex(({ name }) => name === column);
    return tagOf(fields[index]!.type, index + 1);
  };
  const [topic, partition, offset] = [tag('kafka_topic'), tag('kafka_partition'), tag('kafka_offset')];
  const [timestamp, key] = [tag('kafka_timestamp'), tag('kafka_key')];
  return (wire, row) => {
    wire.uint(topic);
    wire.text(row.topic);
    wire.uint(partition);
    wire.int(row.partition);
    wire.uint(offset);
    wire.int(row.offset);
    wire.uint(timestamp);
    wire.int(row.timestamp * 1_000);
    if (row.key === null) return;
    wire.uint(key);
    wire.text(row.key);
  };
}

function begun(wire: Wire, json: number): number {
  wire.reserve(2 * json + ROW_BYTES);
  return wire.at;
}

/** Whatever is wrong with a row is wrong with it alone: thrown, it would end the append, and the next try as well. */
function unfit(wire: Wire, begin: number, error: unknown): Unfit {
  wire.rewind(begin);
  return error instanceof Unfit ? error : new Unfit(String(error));
}

function ended(wire: Wire, begin: number, mostBytes: number): Buffer | Unfit {
  const bytes = wire.since(begin);
  return bytes.length <= mostBytes
    ? bytes
    : unfit(wire, begin, new Unfit(`a row of ${bytes.length} bytes, more than ${mostBytes}`));
}
