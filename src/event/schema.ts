/** Checks of a record's columns, derived from the field table. */
import { type Field, type FieldType, GROUPS, SCHEMA_VERSION } from './fields.js';

/** Null where the value fits, else the JSON pointer of the first place that does not, relative to the value. */
export type Check = (value: unknown) => string | null;

const TIMESTAMP = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const NUMERIC = /^-?\d{1,29}(?:\.\d{1,9})?$/;
const MONTH_DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The two digits at `at`. */
const pair = (text: string, at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;

const isDay = (text: string): boolean =>
  isDate(pair(text, 0) * 100 + pair(text, 2), pair(text, 5), pair(text, 8));

/** A day that exists: a warehouse refuses the 30th of February, however well it is written. */
export function isDate(year: number, month: number, day: number): boolean {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 && isLeap ? 29 : (MONTH_DAYS[month] ?? 0);
  return year > 0 && day >= 1 && day <= last;
}

const isDated = (pattern: RegExp, value: unknown): boolean =>
  typeof value === 'string' && value.length <= 24 && pattern.test(value) && isDay(value);

/** The deepest `data_layer` that may be serialised again without a thought for the stack. */
const MAX_DEPTH = 64;

function isShallow(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (left === 0) return false;
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === 'object' && !isShallow(inner, left - 1)) return false;
  }
  return true;
}

const FITS: Readonly<Record<Exclude<FieldType, 'RECORD'>, (value: unknown) => boolean>> = {
  STRING: (value) => typeof value === 'string',
  INT64: Number.isSafeInteger,
  BOOL: (value) => typeof value === 'boolean',
  TIMESTAMP: (value) => isDated(TIMESTAMP, value),
  DATE: (value) => isDated(DATE, value),
  NUMERIC: (value) => typeof value === 'string' && NUMERIC.test(value),
  JSON: (value) => isShallow(value, MAX_DEPTH),
};

function single({ type, fields = [] }: Field): Check {
  if (type === 'RECORD') return record(fields);
  const fits = FITS[type];
  return (value) => (fits(value) ? null : '');
}

function checkOf(field: Field): Check {
  const one = single(field);
  if (field.mode !== 'REPEATED') return one;
  return (value) => {
    if (!Array.isArray(value)) return '';
    for (let index = 0; index < value.length; index++) {
      const wrong = one(value[index]);
      if (wrong !== null) return `/${index}${wrong}`;
    }
    return null;
  };
}

/** Strict: a column that the table does not have is wrong too, or it would disappear without a word. */
function record(fields: readonly Field[]): Check {
  const checks = new Map(fields.map((field) => [field.name, checkOf(field)]));
  const required = fields.filter(({ mode }) => mode === 'REQUIRED').map(({ name }) => name);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
    for (const name in value) {
      const check = checks.get(name);
      const wrong = check === undefined ? '' : check((value as Record<string, unknown>)[name]);
      if (wrong !== null) return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}${wrong}`;
    }
    for (const name of required) if (!Object.hasOwn(value, name)) return `/${name}`;
    return null;
  };
}

const OWN = GROUPS.filter(({ group }) => group !== 'transport').flatMap(
  ({ fields }) => fields as readonly Field[],
);
const text = (name: string, mode?: 'REQUIRED'): Field => ({
  name,
  type: 'STRING',
  doc: '',
  ...(mode && { mode }),
});

/** The value of an event's record. */
export const checkEvent: Check = record(OWN);

/** The value of a rejected event's record (events.md §2). */
export const checkRejected: Check = record([
  { name: 'schema_version', type: 'INT64', mode: 'REQUIRED', doc: '' },
  { name: 'received_at', type: 'TIMESTAMP', mode: 'REQUIRED', doc: '' },
  text('source_id'),
  {
    name: 'rejected',
    type: 'RECORD',
    mode: 'REQUIRED',
    doc: '',
    fields: [text('reason', 'REQUIRED'), text('pointer')],
  },
  text('raw', 'REQUIRED'),
]);

/** Records of every version up to our own are readable: fields are only ever added. */
export const isKnownVersion = (version: number): boolean => version >= 1 && version <= SCHEMA_VERSION;
