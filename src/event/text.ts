/** Texts from outside, made fit for a column: well-formed, without NUL, of bounded length. */

/** Longest text of a column, in UTF-16 units; as the sanitiser's limit inside `data_layer`. */
export const MAX_TEXT = 8192;
const MAX_NOTES = 50;

/** What `issues` collects: fields that were read with a note, as `POINTER: TEXT`. */
export type Notes = string[];

/** Without `text`, `pointer` is a whole entry already. */
export function note(notes: Notes, pointer: string, text?: string): void {
  if (notes.length < MAX_NOTES) notes.push(text === undefined ? pointer : `${pointer}: ${text}`);
}

const DIRTY = /[\0\ud800-\udfff]/;
const BROKEN = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** NUL and lone surrogates, which no warehouse takes, become U+FFFD. */
export const wellFormed = (text: string): string =>
  DIRTY.test(text) ? text.replace(BROKEN, '\ufffd') : text;

/** At most `max` UTF-16 units, never half of a surrogate pair. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

/** At most `max` bytes of UTF-8, never half of a character. */
export function clipBytes(text: string, max: number): string {
  if (text.length * 3 <= max) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= max) return text;
  let end = max;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** A text field: null where it is absent or empty, null and a note where it is something else. */
export function readText(value: unknown, pointer: string, notes: Notes, max = MAX_TEXT): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') {
    note(notes, pointer, 'not a text, left out');
    return null;
  }
  const text = wellFormed(value);
  if (text !== value) note(notes, pointer, 'characters that no table takes were replaced');
  if (text.length > max) note(notes, pointer, `cut to ${max} characters`);
  return clip(text, max);
}

/** A text that only means something in one form, such as a language tag: null and a note in any other form. */
export function readShape(value: unknown, shape: RegExp, pointer: string, notes: Notes): string | null {
  if (value === undefined || value === null || value === '') return null;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && shape.test(text)) return text;
  note(notes, pointer, 'not of the form that this field has, left out');
  return null;
}

export type Bag = Readonly<Record<string, unknown>>;

export const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object, or null; anything else that is there leaves a note. */
export function readBag(value: unknown, pointer: string, notes: Notes): Bag | null {
  if (isBag(value)) return value;
  if (value !== undefined && value !== null) note(notes, pointer, 'not an object, left out');
  return null;
}
