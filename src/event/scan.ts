/**
 * A record's bytes read without making anything of them, for less than half the price of JSON.parse and the checks
 * (decision 010).
 *
 * It only ever says yes, and only to what `readRecord` says yes to: an event in canonical JSON (JSON.stringify's own
 * text), as the collector writes them. All else is parsed. So the verdict on a record does not depend on the way taken.
 *
 * Each `Skip` gives the place behind the value that begins at `at`, or NO.
 */
import { isUtf8 } from 'node:buffer';
import { type Field, type FieldType, GROUPS, SCHEMA_VERSION } from './fields.js';
import { skipJson } from './scan-json.js';
import { isDate } from './schema.js';
import { isDigit, NO, type Skip, skipInteger, skipString } from './skip.js';

/** Where the text of `data_layer` stands in the record; both 0 where there is none. */
export interface Scan {
  readonly from: number;
  readonly to: number;
}

const [QUOTE, COMMA, POINT, ONE] = [0x22, 0x2c, 0x2e, 0x31];
const [OPEN, CLOSE, LIST, LIST_END] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The number that `count` digits make. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let end = at + count; at < end; at++) value = value * 10 + bytes[at]! - 0x30;
  return value;
}

/** A digit where the pattern has 0, else the byte itself. */
function fits(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const byte = bytes[at + i]!;
    if (pattern[i] === 0x30 ? !isDigit(byte) : byte !== pattern[i]) return false;
  }
  return true;
}

const dayAt = (bytes: Uint8Array, at: number): boolean =>
  isDate(digits(bytes, at, 4), digits(bytes, at + 5, 2), digits(bytes, at + 8, 2));

const timeAt = (bytes: Uint8Array, at: number): boolean =>
  digits(bytes, at, 2) < 24 && digits(bytes, at + 3, 2) < 60 && digits(bytes, at + 6, 2) < 60;

const DATE = Buffer.from('"0000-00-00"');
const TIMESTAMP = Buffer.from('"0000-00-00T00:00:00.000Z"');

const skipDate: Skip = (bytes, at) => (fits(bytes, at, DATE) && dayAt(bytes, at + 1) ? at + DATE.length : NO);

const skipTimestamp: Skip = (bytes, at) =>
  fits(bytes, at, TIMESTAMP) && dayAt(bytes, at + 1) && timeAt(bytes, at + 12) ? at + TIMESTAMP.length : NO;

/** The place behind 1 to `most` digits. */
function skipDigits(bytes: Uint8Array, at: number, most: number): number {
  let end = at;
  while (isDigit(bytes[end]!)) end++;
  return end > at && end - at <= most ? end : NO;
}

const skipNumeric: Skip = (bytes, at) => {
  if (bytes[at] !== QUOTE) return NO;
  let end = skipDigits(bytes, at + (bytes[at + 1] === 0x2d ? 2 : 1), 29);
  if (bytes[end] === POINT) end = skipDigits(bytes, end + 1, 9);
  return bytes[end] === QUOTE ? end + 1 : NO;
};

const [TRUE, FALSE] = [Buffer.from('true'), Buffer.from('false')];
const skipBool: Skip = (bytes, at) =>
  fits(bytes, at, TRUE) ? at + TRUE.length : fits(bytes, at, FALSE) ? at + FALSE.length : NO;

/** Versions of one digit, up to our own. */
const skipVersion: Skip = (bytes, at) =>
  bytes[at]! >= ONE && bytes[at]! <= 0x30 + Math.min(9, SCHEMA_VERSION) ? at + 1 : NO;

/** Levels of `data_layer`; what is deeper is parsed. */
const DEPTH = 32;

const SKIPS: Readonly<Record<Exclude<FieldType, 'RECORD'>, Skip>> = {
  STRING: skipString,
  INT64: skipInteger,
  BOOL: skipBool,
  TIMESTAMP: skipTimestamp,
  DATE: skipDate,
  NUMERIC: skipNumeric,
  JSON: (bytes, at) => skipJson(bytes, at, DEPTH),
};

function skipOf({ name, type, mode, fields = [] }: Field): Skip {
  if (name === 'schema_version') return skipVersion;
  const one = type === 'RECORD' ? new Columns(fields).skip : SKIPS[type];
  return mode === 'REPEATED' ? (bytes, at) => skipList(bytes, at, one) : one;
}

function skipList(bytes: Uint8Array, at: number, one: Skip): number {
  if (bytes[at] !== LIST) return NO;
  if (bytes[at + 1] === LIST_END) return at + 2;
  do at = one(bytes, at + 1);
  while (bytes[at] === COMMA);
  return bytes[at] === LIST_END ? at + 1 : NO;
}

/** An object whose names are known: each at most once, all that are required. */
class Columns {
  readonly #names: readonly Uint8Array[];
  readonly #skips: readonly Skip[];
  readonly #required: readonly number[];
  /** By column, the one that stood behind it last, as records resemble each other; behind all of them, the first one. */
  readonly #next: Int32Array;
  /** Of the object read last: where each value begins and ends, 0 where there is none. */
  readonly begins: Int32Array;
  readonly ends: Int32Array;

  constructor(fields: readonly Field[]) {
    this.#names = fields.map(({ name }) => Buffer.from(`"${name}":`));
    this.#skips = fields.map(skipOf);
    this.#required = [...fields.keys()].filter((index) => fields[index]!.mode === 'REQUIRED');
    this.#next = new Int32Array(fields.length + 1);
    this.begins = new Int32Array(fields.length);
    this.ends = new Int32Array(fields.length);
  }

  readonly skip: Skip = (bytes, at) => {
    if (bytes[at] !== OPEN) return NO;
    this.begins.fill(0);
    this.ends.fill(0);
    let column = this.#names.length;
    do {
      column = this.#columnAt(bytes, ++at, column);
      if (column === NO || this.begins[column] !== 0) return NO;
      at += this.#names[column]!.length;
      this.begins[column] = at;
      at = this.#skips[column]!(bytes, at);
      this.ends[column] = at;
    } while (bytes[at] === COMMA);
    const isWhole = this.#required.every((index) => this.begins[index] !== 0);
    return bytes[at] === CLOSE && isWhole ? at + 1 : NO;
  };

  /** Which column's name stands there, behind that of `last`. */
  #columnAt(bytes: Uint8Array, at: number, last: number): number {
    const names = this.#names;
    const likely = this.#next[last]!;
    if (startsWith(bytes, at, names[likely]!)) return likely;
    const column = names.findIndex((name) => startsWith(bytes, at, name));
    if (column >= 0) this.#next[last] = column;
    return column;
  }
}

function startsWith(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = name.length - 1; i >= 0; i--) if (bytes[at + i] !== name[i]) return false;
  return true;
}

const OWN = GROUPS.filter(({ group }) => group !== 'transport').flatMap(
  ({ fields }) => fields as readonly Field[],
);
const EVENT = new Columns(OWN);
const LAYER = OWN.findIndex(({ name }) => name === 'data_layer');

/** Null: nothing is said about the record, it has to be parsed. */
export function scanEvent(value: Buffer): Scan | null {
  if (!isUtf8(value) || EVENT.skip(value, 0) !== value.length) return null;
  return { from: EVENT.begins[LAYER]!, to: EVENT.ends[LAYER]! };
}
