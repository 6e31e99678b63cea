/** When this machine, and not the target, was what limited the run. Pure. */

/** Event-loop utilisation from which on a person is warned, and from which on figures are those of this machine. */
export const BUSY = 0.6;
export const LIMIT = 0.8;
/** Start lag (99th percentile) that the plan may have, ms. */
export const LAG_MS = 5;

/** Service time may rise this much over that of free connections and still count as flat. */
const FLAT = 1.5;
/** An interval is judged together with the four behind it: one bad second is an accident. */
const LOOK = 5;
const BAD = 3;

export interface RowFacts {
  readonly answered: number;
  readonly waited: number;
  readonly waitedMs: number;
  readonly utilisation: number;
  readonly lagP99: number;
  readonly backlog: number;
}

/**
 * Requests wait for a connection, and those that waited are served as fast as any: more connections would help, the
 * target is not what is slow.
 */
export function isShortOfConnections(
  row: RowFacts,
  before: RowFacts | null,
  freeServiceMs: number | null,
): boolean {
  if (freeServiceMs === null || row.backlog === 0 || row.waited * 2 < row.answered || row.waited < 10)
    return false;
  const growing = row.backlog >= (before?.backlog ?? 0);
  return growing && row.waitedMs / row.waited <= freeServiceMs * FLAT + 0.2;
}

export const isBusy = (row: RowFacts, before: RowFacts | null, freeServiceMs: number | null): boolean =>
  row.utilisation >= LIMIT || row.lagP99 > LAG_MS || isShortOfConnections(row, before, freeServiceMs);

/** The first bad interval of which three in five are bad; null where there is none. */
export function onset(bad: readonly boolean[]): number | null {
  const at = bad.findIndex((is, i) => is && bad.slice(i, i + LOOK).filter(Boolean).length >= BAD);
  return at < 0 ? null : at;
}
