/**
 * The distribution of values that are known only as intervals: Turnbull's self-consistent estimator, the
 * nonparametric maximum likelihood (Turnbull, JRSS B 38:290, 1976), found by expectation and maximisation and
 * stopped where the conditions of Gentleman and Geyer (Biometrika 81:618, 1994) hold.
 */

/** The value lies in (lower, upper]; where both are equal it is exact. `Infinity`: unbounded. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Mass that the estimate places within (lower, upper]. */
export interface Mass extends Interval {
  readonly share: number;
}

const ITERATIONS = 2_500;
/** How far the likelihood's slope may be above its bound, relative to n. */
const SLACK = 1e-5;

/** At one value: exact ones open first, then intervals end, then intervals (open at their lower end) begin. */
const End = { exact: 0, upper: 1, lower: 2 } as const;

/** Innermost intervals: the only places where the estimate has mass, in ascending order, disjoint. */
function innermost(intervals: readonly Interval[]): Interval[] {
  const ends = intervals.flatMap(({ lower, upper }) => [
    { at: lower, end: lower === upper ? End.exact : End.lower },
    { at: upper, end: End.upper },
  ]);
  ends.sort((a, b) => (a.at === b.at ? a.end - b.end : a.at - b.at));
  const found: Interval[] = [];
  ends.forEach(({ at, end }, index) => {
    const before = ends[index - 1];
    if (end === End.upper && before && before.end !== End.upper) found.push({ lower: before.at, upper: at });
  });
  return found;
}

/** First index whose value is not below what is sought. */
function search(sorted: readonly Interval[], isBelow: (interval: Interval) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBelow(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** For each observation the innermost intervals inside it, as the range [from, to). */
function ranges(intervals: readonly Interval[], inner: readonly Interval[]) {
  return intervals.map(({ lower, upper }) => ({
    from: search(inner, (one) => (lower === upper ? one.upper < lower : one.upper <= lower)),
    to: search(inner, (one) => one.upper <= upper),
  }));
}

/** The estimate's masses, ascending; they add up to 1. Empty for no observation. O(n log n + iterations · n). */
export function turnbull(intervals: readonly Interval[]): Mass[] {
  const inner = innermost(intervals);
  const covers = ranges(intervals, inner);
  const n = intervals.length;
  let mass = new Float64Array(inner.length).fill(1 / inner.length);
  for (let round = 0; round < ITERATIONS; round++) {
    const slope = slopes(mass, covers);
    let steepest = 0;
    for (const value of slope) steepest = Math.max(steepest, value);
    if (steepest <= n * (1 + SLACK)) break;
    mass = mass.map((value, index) => (value * slope[index]!) / n);
  }
  return inner.map((interval, index) => ({ ...interval, share: mass[index]! }));
}

/** Derivative of the log-likelihood by each mass. Ranges are contiguous, so sums come from running totals. */
function slopes(mass: Float64Array, covers: readonly { from: number; to: number }[]): Float64Array {
  const total = new Float64Array(mass.length + 1);
  for (let index = 0; index < mass.length; index++) total[index + 1] = total[index]! + mass[index]!;
  const steps = new Float64Array(mass.length + 1);
  for (const { from, to } of covers) {
    const weight = 1 / Math.max(Number.MIN_VALUE, total[to]! - total[from]!);
    steps[from]! += weight;
    steps[to]! -= weight;
  }
  let running = 0;
  return mass.map((_, index) => {
    running += steps[index]!;
    return running;
  });
}
