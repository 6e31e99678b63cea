/** Values of Google's client in the JSON forms of the port. */

interface Wrapped {
  readonly value: string;
}

/** Numbers beyond 2^53 stay text. */
const integer = (text: string): number | string => {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
};

/** TIMESTAMP with ms where that says all, else with micros, as the other warehouse writes it. */
const timestamp = (text: string): string =>
  text.replace(/(\.\d{3})0*Z$/, '$1Z').replace(/(\.\d{6})0*Z$/, '$1Z');

/** The client wraps what JavaScript has no type for in classes of its own; a record is a plain object. */
export function jsonOf(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return value;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(jsonOf);
  if (Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonOf(inner)]));
  const { name } = value.constructor;
  if (name === 'BigQueryInt') return integer((value as Wrapped).value);
  if (name === 'BigQueryTimestamp') return timestamp((value as Wrapped).value);
  // NUMERIC: a decimal of any length.
  if ('toFixed' in value) return (value as { toFixed(): string }).toFixed();
  return 'value' in value ? String(value.value) : String(value);
}
