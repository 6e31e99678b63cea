import type { Place } from './place.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a setting's value can be: how it is read, how it is shown, and what stargate.json may hold for it. */
export interface Kind<T> {
  /** JSON Schema of the value in stargate.json. Accepts at least what `read` accepts there. */
  readonly schema: JsonSchema;
  readonly expected: string;
  /** The value's name in help, such as N or FILE; null for a switch, which takes none. */
  readonly placeholder: string | null;
  readonly choices?: readonly string[];
  /** Several flags of the same name add up. */
  readonly repeats?: boolean;
  /** The value, or undefined after the fault has been reported to the place. */
  read(raw: unknown, place: Place): T | undefined;
  /** Text for `stargate config`. Secrets become `***` here. */
  show(value: T): string;
}

export type ValueOf<K> = K extends Kind<infer T> ? T : never;

/** Text that fits a pattern; the pattern is part of the published schema. */
export function text(placeholder: string, expected: string, pattern: RegExp): Kind<string> {
  return {
    schema: { type: 'string', pattern: pattern.source },
    expected,
    placeholder,
    read: (raw, place) => (typeof raw === 'string' && pattern.test(raw) ? raw : place.refuse(expected, raw)),
    show: (value) => value,
  };
}

/** A file or folder. Paths in stargate.json are meant from the folder of that file. */
export function path(placeholder: 'FILE' | 'DIR'): Kind<string> {
  const base = text(
    placeholder,
    placeholder === 'FILE' ? 'the path of a file' : 'the path of a folder',
    /\S/,
  );
  return {
    ...base,
    read: (raw, place) => {
      const value = base.read(raw, place);
      return value === undefined ? undefined : place.path(value);
    },
  };
}

export function choice<const T extends string>(placeholder: string, ...choices: readonly T[]): Kind<T> {
  const expected = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  return {
    schema: { enum: choices },
    expected,
    placeholder,
    choices,
    read: (raw, place) => choices.find((one) => one === raw) ?? place.refuse(expected, raw),
    show: (value) => value,
  };
}

/** A switch. Text may say true, false, 1 or 0. */
export const toggle: Kind<boolean> = {
  schema: { type: 'boolean' },
  expected: 'true or false',
  placeholder: null,
  read: (raw, place) => {
    if (typeof raw === 'boolean') return raw;
    if (place.text && (raw === 'true' || raw === '1')) return true;
    if (place.text && (raw === 'false' || raw === '0')) return false;
    return place.refuse('true or false', raw);
  },
  show: String,
};

export function integer(minimum: number, maximum: number): Kind<number> {
  const expected = `a whole number from ${minimum} to ${maximum}`;
  return {
    schema: { type: 'integer', minimum, maximum },
    expected,
    placeholder: 'N',
    read: (raw, place) => {
      const value = place.text && typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
      const fits = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
      return fits ? Number(value) : place.refuse(expected, raw);
    },
    show: String,
  };
}

/** A kind that also takes one word, such as `auto` or `off`. */
export function orWord<T, const W extends string>(kind: Kind<T>, word: W): Kind<T | W> {
  const expected = `${kind.expected}, or ${word}`;
  return {
    schema: { anyOf: [kind.schema, { const: word }] },
    expected,
    placeholder: `${kind.placeholder}|${word}`,
    read: (raw, place) => {
      if (raw === word) return word;
      const before = place.scope.problems.length;
      const value = kind.read(raw, place);
      const fault = place.scope.problems[before];
      if (fault) place.scope.problems[before] = { ...fault, expected };
      return value;
    },
    show: (value) => (value === word ? word : kind.show(value as T)),
  };
}

/** A list: a JSON array in the file; elsewhere text that `split` takes apart. */
export function list<T>(
  placeholder: string,
  expected: string,
  item: JsonSchema,
  split: (text: string) => readonly string[],
  read: (entry: string, place: Place) => readonly T[] | undefined,
): Kind<readonly T[]> {
  return {
    schema: { type: 'array', items: item },
    expected,
    placeholder,
    repeats: true,
    read: (raw, place) => {
      const entries = place.text && typeof raw === 'string' ? split(raw) : raw;
      if (!Array.isArray(entries)) return place.refuse(expected, raw);
      const values = entries.map((entry, i) =>
        typeof entry === 'string' ? read(entry, place.in(i)) : place.in(i).refuse('text', entry),
      );
      return values.includes(undefined) ? undefined : [...new Set(values.flatMap((each) => each ?? []))];
    },
    show: (value) => value.join(', ') || '-',
  };
}
