/**
 * A record's own bytes as a message of the Storage Write API: what the scan has found to be canonical JSON of an event
 * (`event/scan.ts`) goes from one form to the other without an object or a string in between. Nothing is checked here.
 */
import type { Field, FieldType } from '../../event/fields.js';
import { skipJson } from '../../event/scan-json.js';
import type { Range } from '../port.js';
import { tagOf, type Wire } from './wire.js';

/** Writes the value that begins at `at`, tag included; the place behind it. */
type Copy = (wire: Wire, bytes: Buffer, at: number) => number;

const [QUOTE, BACKSLASH, COMMA, MINUS] = [0x22, 0x5c, 0x2c, 0x2d];
const [LIST_END, TRUE, NULL] = [0x5d, 0x74, 0x6e];
const DAY_MS = 86_400_000;
/** Deeper than any `data_layer` that the scan lets through. */
const DEPTH = 64;

function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let end = at + count; at < end; at++) value = value * 10 + bytes[at]! - 0x30;
  return value;
}

/** Days from 1970-01-01 of the date at `at`: howardhinnant.github.io/date_algorithms.html, days_from_civil. */
function daysAt(bytes: Buffer, at: number): number {
  const month = digits(bytes, at + 5, 2);
  const year = digits(bytes, at, 4) - (month <= 2 ? 1 : 0);
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + digits(bytes, at + 8, 2) - 1;
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leaps + dayOfYear - 719_468;
}

function msOfDayAt(bytes: Buffer, at: number): number {
  const minutes = digits(bytes, at, 2) * 60 + digits(bytes, at + 3, 2);
  return (minutes * 60 + digits(bytes, at + 6, 2)) * 1_000 + digits(bytes, at + 9, 3);
}

const copyText: Copy = (wire, bytes, at) => {
  let end = at + 1;
  let byte = bytes[end]!;
  for (; byte !== QUOTE && byte !== BACKSLASH; byte = bytes[end]!) end++;
  if (byte === QUOTE) wire.bytes(bytes, at + 1, end);
  else {
    for (; bytes[end] !== QUOTE; end++) if (bytes[end] === BACKSLASH) end++;
    wire.text(JSON.parse(bytes.toString('utf8', at, end + 1)));
  }
  return end + 1;
};

const copyInteger: Copy = (wire, bytes, at) => {
  const begin = bytes[at] === MINUS ? at + 1 : at;
  let end = begin;
  while (bytes[end]! >= 0x30 && bytes[end]! <= 0x39) end++;
  const value = digits(bytes, begin, end - begin);
  wire.int(begin > at ? -value : value);
  return end;
};

const COPIES: Readonly<Record<Exclude<FieldType, 'RECORD' | 'JSON'>, Copy>> = {
  STRING: copyText,
  // Between quotes as a text is, and never with an escape.
  NUMERIC: copyText,
  INT64: copyInteger,
  BOOL: (wire, bytes, at) => {
    wire.uint(bytes[at] === TRUE ? 1 : 0);
    return at + (bytes[at] === TRUE ? 4 : 5);
  },
  TIMESTAMP: (wire, bytes, at) => {
    wire.int((daysAt(bytes, at + 1) * DAY_MS + msOfDayAt(bytes, at + 12)) * 1_000);
    return at + 26;
  },
  DATE: (wire, bytes, at) => {
    wire.int(daysAt(bytes, at + 1));
    return at + 12;
  },
};

/** Copies whole records of these fields; each of them knows one record at a time. */
export class Transcoder {
  readonly #message: Message;
  #layer: Range = { from: 0, to: 0 };

  constructor(fields: readonly Field[]) {
    this.#message = new Message(fields, (wire, bytes, at, tag) => this.#json(wire, bytes, at, tag));
  }

  /** `layer`: where the scan has found the text of `data_layer`, which need not be looked through once more. */
  copy(wire: Wire, bytes: Buffer, layer: Range): void {
    this.#layer = layer;
    this.#message.copy(wire, bytes, 0);
  }

  #json(wire: Wire, bytes: Buffer, at: number, tag: number): number {
    const end = at === this.#layer.from ? this.#layer.to : skipJson(bytes, at, DEPTH);
    if (bytes[at] !== NULL) {
      wire.uint(tag);
      wire.bytes(bytes, at, end);
    }
    return end;
  }
}

type CopyJson = (wire: Wire, bytes: Buffer, at: number, tag: number) => number;

/** An object of known names, as the scan knows them. */
class Message {
  readonly #names: readonly Buffer[];
  readonly #copies: readonly Copy[];
  /** By column, the one that stood behind it last; behind all of them, the first one. */
  readonly #next: Int32Array;

  constructor(fields: readonly Field[], json: CopyJson) {
    this.#names = fields.map(({ name }) => Buffer.from(`"${name}":`));
    this.#copies = fields.map((field, index) => copyOf(field, tagOf(field.type, index + 1), json));
    this.#next = new Int32Array(fields.length + 1);
  }

  copy(wire: Wire, bytes: Buffer, at: number): number {
    let column = this.#names.length;
    do {
      column = this.#columnAt(bytes, ++at, column);
      at = this.#copies[column]!(wire, bytes, at + this.#names[column]!.length);
    } while (bytes[at] === COMMA);
    // Nothing but the end of the object can stand there.
    return at + 1;
  }

  #columnAt(bytes: Buffer, at: number, last: number): number {
    const names = this.#names;
    const likely = this.#next[last]!;
    if (startsWith(bytes, at, names[likely]!)) return likely;
    const column = names.findIndex((name) => startsWith(bytes, at, name));
    this.#next[last] = column;
    return column;
  }
}

function startsWith(bytes: Buffer, at: number, name: Buffer): boolean {
  for (let i = name.length - 1; i >= 0; i--) if (bytes[at + i] !== name[i]) return false;
  return true;
}

function copyOf(field: Field, tag: number, json: CopyJson): Copy {
  const one = tagged(field, tag, json);
  if (field.mode !== 'REPEATED') return one;
  return (wire, bytes, at) => {
    if (bytes[at + 1] === LIST_END) return at + 2;
    do at = one(wire, bytes, at + 1);
    while (bytes[at] === COMMA);
    return at + 1;
  };
}

function tagged({ type, fields = [] }: Field, tag: number, json: CopyJson): Copy {
  if (type === 'JSON') return (wire, bytes, at) => json(wire, bytes, at, tag);
  const value = type === 'RECORD' ? record(fields, json) : COPIES[type];
  return (wire, bytes, at) => {
    wire.uint(tag);
    return value(wire, bytes, at);
  };
}

function record(fields: readonly Field[], json: CopyJson): Copy {
  const message = new Message(fields, json);
  return (wire, bytes, at) => {
    const begin = wire.open();
    const end = message.copy(wire, bytes, at);
    wire.close(begin);
    return end;
  };
}
