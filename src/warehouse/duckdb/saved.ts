import { StargateError } from '../../errors.js';

/** What is committed beside a position: the database, and how many rows of the partition it held there. */
export interface Saved {
  readonly db: string;
  readonly r: number;
}

export const encodeSaved = (db: string, r: number): string => JSON.stringify({ db, r });

/** Reads the text back. Errors: STG_WAREHOUSE_MISMATCH where it is not ours. */
export function decodeSaved(text: string): Saved {
  try {
    const { db, r } = JSON.parse(text) as Partial<Saved>;
    if (typeof db === 'string' && Number.isSafeInteger(r)) return { db, r: r as number };
  } catch {
    // Not JSON: the same answer as for JSON of another shape.
  }
  throw new StargateError('STG_WAREHOUSE_MISMATCH', {
    message: 'The position in the log was committed by another kind of warehouse.',
    expected: 'the text {"db":…,"r":…} beside the position',
    got: text.slice(0, 80),
    next: 'Choose a new --group for this warehouse.',
  });
}

/**
 * Where a writer begins, from what was saved and what the warehouse holds (`rows` ever stored of the partition).
 * Errors: STG_WAREHOUSE_MISMATCH when the log claims more rows than there are.
 */
export function resume(
  db: string,
  rows: number,
  saved: string | null,
): { skip: number; saved: string; restart: boolean } {
  if (saved === null) return { skip: 0, saved: encodeSaved(db, rows), restart: false };
  const before = decodeSaved(saved);
  if (before.db !== db) return { skip: 0, saved: encodeSaved(db, rows), restart: true };
  if (before.r > rows) {
    throw new StargateError('STG_WAREHOUSE_MISMATCH', {
      expected: `at least ${before.r} rows`,
      got: `${rows} rows`,
    });
  }
  return { skip: rows - before.r, saved, restart: false };
}
