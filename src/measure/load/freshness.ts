/**
 * How long events took to be queryable, from two curves: how many were accepted until a moment, and how many rows a
 * query found. The n-th accepted event is taken for the n-th row, so what is measured is the queue, not each event;
 * for one that is older than its neighbours the figure is theirs. Upper bounds: a row counts from the query's answer. Pure.
 */

/** Counts never fall. Times in ms of one clock. */
export type Curve = readonly (readonly [atMs: number, count: number])[];

export interface Freshness {
  /** Seconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Pieces of events that were seen at the same time: how many, and how late the first of them is, ms. */
function delays(accepted: Curve, stored: Curve): readonly (readonly [count: number, lateMs: number])[] {
  const pieces: [number, number][] = [];
  let [taken, at] = [0, 0];
  for (const [seenMs, count] of stored) {
    while (taken < count && at < accepted.length) {
      const [, upTo] = accepted[at]!;
      // Accepted at the earliest when the count before it was told.
      const fromMs = at === 0 ? accepted[0]![0] : accepted[at - 1]![0];
      const part = Math.min(count, upTo) - taken;
      if (part > 0) pieces.push([part, Math.max(0, seenMs - fromMs)]);
      taken += Math.max(0, part);
      if (taken >= upTo) at++;
    }
  }
  return pieces.sort((a, b) => a[1] - b[1]);
}

/** Null where no row was seen. */
export function freshnessOf(accepted: Curve, stored: Curve): Freshness | null {
  const pieces = delays(accepted, stored);
  const total = pieces.reduce((sum, [count]) => sum + count, 0);
  if (total === 0) return null;
  const at = (share: number) => {
    let seen = 0;
    for (const [count, late] of pieces) {
      seen += count;
      if (seen >= Math.max(1, share * total)) return late / 1000;
    }
    return pieces.at(-1)![1] / 1000;
  };
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Share of all accepted events that were queryable within the limit: what never was counts against it. */
export function shareWithin(accepted: Curve, stored: Curve, limitMs: number): number {
  const all = accepted.at(-1)?.[1] ?? 0;
  const good = delays(accepted, stored).reduce(
    (sum, [count, late]) => sum + (late <= limitMs ? count : 0),
    0,
  );
  return all === 0 ? 0 : good / all;
}
