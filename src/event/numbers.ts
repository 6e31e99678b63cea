/** Numbers as shops write them, read into the two forms that columns take: INT64 and NUMERIC. */
import { clip, type Notes, note } from './text.js';

/** BigQuery's NUMERIC: 29 digits before the point, 9 behind it. */
const MAX_WHOLE = 29;
const SCALE = 9;

/** Canonical already, as most texts of prices are but for a zero at the end. */
const CANONICAL = /^(?:0|[1-9]\d{0,28})(?:\.\d{0,8}[1-9])?$/;
const PLAIN = /^-?\d+(?:\.\d+)?$/;
/** Groups of three parted by spaces or apostrophes, as in France and Switzerland. */
const SPACED = /^\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?$/;
/** What stands around a price: a currency's sign or code, before or behind it. */
const AROUND =
  /^(-?)(?:[A-Z]{1,3}\s?\$|[A-Z]{1,3}(?=[\s\d])|[$€£¥₹])?\s*(-?)(\d[\d.,' ]*?)\s*(?:%|[A-Z]{3}|[$€£¥₹])?$/i;

/** Canonical decimal text of a finite number, or null where NUMERIC has no room for it. */
function fromNumber(value: number): string | null {
  if (Number.isInteger(value)) return Math.abs(value) < 1e21 ? String(value + 0) : wide(value);
  if (!Number.isFinite(value)) return null;
  const text = String(value);
  const point = text.indexOf('.');
  if (point > 0 && text.length - point <= SCALE + 1 && !text.includes('e')) return text;
  return canonical(value.toFixed(SCALE));
}

const wide = (value: number): string | null => {
  const text = BigInt(value).toString();
  return text.length - (value < 0 ? 1 : 0) <= MAX_WHOLE ? text : null;
};

/** Without needless zeros and signs; more than nine fraction digits are rounded half away from zero. */
function canonical(plain: string): string | null {
  const isNegative = plain.startsWith('-');
  const [whole = '0', fraction = ''] = (isNegative ? plain.slice(1) : plain).split('.');
  const digits = (whole + fraction.padEnd(SCALE, '0').slice(0, SCALE)).replace(/^0+(?=\d)/, '');
  const rounded = (BigInt(digits) + (fraction.charCodeAt(SCALE) >= 0x35 ? 1n : 0n))
    .toString()
    .padStart(SCALE + 1, '0');
  const end = rounded.slice(-SCALE).replace(/0+$/, '');
  const text = rounded.slice(0, -SCALE) + (end && `.${end}`);
  if (rounded.length - SCALE > MAX_WHOLE) return null;
  return isNegative && text !== '0' ? `-${text}` : text;
}

/**
 * Plain decimal text of digits with separators. Of two kinds of separator the last is the decimal point; one
 * kind alone groups thousands where it is repeated, and a single comma does where exactly three digits follow.
 * Null where the groups are not of three digits.
 */
function ungroup(body: string): string | null {
  if (/[ ']/.test(body) && !SPACED.test(body)) return null;
  const text = body.replace(/[ ']/g, '');
  const comma = text.lastIndexOf(',');
  const dot = text.lastIndexOf('.');
  const [decimal, group] = comma > dot ? [',', '.'] : ['.', ','];
  const at = Math.max(comma, dot);
  if (at < 0) return text;
  const both = comma >= 0 && dot >= 0;
  const repeated = text.indexOf(decimal) !== at;
  const isGrouping = !both && (repeated || (decimal === ',' && text.length - at === 4 && at <= 3));
  const whole = isGrouping ? text : text.slice(0, at);
  const separator = isGrouping ? decimal : group;
  const parts = whole.split(separator);
  const isGrouped = parts.every((part, i) =>
    i === 0 ? part.length >= 1 && part.length <= 3 : part.length === 3,
  );
  if (parts.length > 1 ? !isGrouped : false) return null;
  const joined = parts.join('');
  const fraction = isGrouping ? '' : text.slice(at + 1);
  if (!/^\d+$/.test(joined) || /\D/.test(fraction)) return null;
  return fraction ? `${joined}.${fraction}` : joined;
}

function fromText(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length > 48) return null;
  const found = AROUND.exec(trimmed.replace(/[\u00a0\u202f]/g, ' '));
  if (found === null || (found[1] && found[2])) return null;
  const plain = ungroup(found[3]!);
  return plain && canonical(`${found[1] || found[2]}${plain}`);
}

/** NUMERIC as decimal text. Texts that need reading (`"19,90"`, `"R$ 1.234,56"`) leave a note with what was read. */
export function readDecimal(value: unknown, pointer: string, notes: Notes): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'number') {
    const read = fromNumber(value);
    if (read === null) note(notes, pointer, 'too large a number, left out');
    return read;
  }
  if (typeof value === 'string') {
    if (value.length <= 32 && PLAIN.test(value)) {
      const read = CANONICAL.test(value) ? value : canonical(value);
      if (/^-?\d{1,3}\.\d{3}$/.test(value)) note(notes, pointer, `number in text, read as ${read}`);
      if (read !== null) return read;
    } else {
      const read = fromText(value);
      if (read !== null) {
        note(notes, pointer, `number in text, read as ${read}`);
        return read;
      }
    }
    note(notes, pointer, `no number in "${clip(value, 40)}", left out`);
    return null;
  }
  note(notes, pointer, 'not a number, left out');
  return null;
}

/** INT64 that JSON can carry exactly, from a number or its text. */
export function readInteger(value: unknown, pointer: string, notes: Notes): number | null {
  if (value === undefined || value === null || value === '') return null;
  const number = typeof value === 'string' && PLAIN.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number)) return (number as number) + 0;
  note(notes, pointer, 'not an integer, left out');
  return null;
}
