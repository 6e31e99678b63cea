/** What is committed beside a position: `exactly-once` counts by it (docs/decisions/004). */
import { createHash } from 'node:crypto';
import { StargateError } from '../../errors.js';
import { FIELDS, type Field } from '../../event/fields.js';

export interface Saved {
  /** The table: another one has other rows. */
  readonly t: string;
  /** The stream, without its table's path; null where none counts (at least once). */
  readonly s: string | null;
  /** Offset in the stream of the record at the committed position; below zero it is stored elsewhere already. */
  readonly r: number;
  /** The rules by which a record is storable. */
  readonly v: string;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

const shape = (fields: readonly Field[]): unknown =>
  fields.map(({ name, type, mode, fields: inner }) => [name, type, mode, inner && shape(inner)]);

/**
 * Counted up by whoever changes which records `readRecord` calls an event, other than by the field table: the
 * number of stored records says which they are only to code that counts the same ones.
 */
const READING = 1;

export const RULES = digest(JSON.stringify([READING, shape(FIELDS)]));

export const tableId = (path: string): string => digest(path);

export const encodeSaved = (saved: Saved): string => JSON.stringify(saved);

/** Reads the text back. Errors: STG_WAREHOUSE_MISMATCH where it is not ours. */
export function decodeSaved(text: string): Saved {
  try {
    const { t, s, r, v } = JSON.parse(text) as Partial<Saved>;
    const isStream = s === null || typeof s === 'string';
    if (typeof t === 'string' && isStream && Number.isSafeInteger(r) && typeof v === 'string')
      return { t, s, r: r as number, v };
  } catch {
    // Not JSON: the same answer as for JSON of another shape.
  }
  throw new StargateError('STG_WAREHOUSE_MISMATCH', {
    message: 'The position in the log was committed by another kind of warehouse.',
    expected: 'the text {"t":…,"s":…,"r":…,"v":…} beside the position',
    got: text.slice(0, 80),
    next: 'Choose a new --group for this warehouse.',
  });
}
