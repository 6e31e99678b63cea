import type { RejectedRow } from '../../event/fields.js';

const YEAR_MS = 366 * 86_400_000;
/** BigQuery takes rows for partitions from ten years back to one ahead. */
const PAST_MS = 9.9 * 365 * 86_400_000;

/**
 * The row as the table takes it. A record from anybody may have any time, and BigQuery refuses the partitions of most:
 * then the time of its rejection stands there, and the record itself is in `raw`.
 */
export function fittingRejected(row: RejectedRow, now: number): RejectedRow {
  const age = now - Date.parse(row.received_at);
  const fits = age < PAST_MS && age > -YEAR_MS + 2 * 86_400_000;
  return fits ? row : { ...row, received_at: new Date(now).toISOString() };
}
