/**
 * Order statistics: which of n sorted values is a percentile, and between which two the population's lies.
 * David and Nagaraja, Order Statistics, 3rd ed., §7.1: P(X(l) ≤ ξp ≤ X(u)) = P(l ≤ B ≤ u − 1), B ~ Bin(n, p).
 */

/** Probability left out on each side of the interval: together 5 %. */
const TAIL = 0.025;

/** Nearest rank, 1-based: the smallest value that at least the share `p` of n values do not exceed. */
export function rankOf(p: number, n: number): number {
  // 0.07 × 100 is a little above 7 in binary; the rank must not be.
  return Math.min(n, Math.max(1, Math.ceil(p * n - 1e-9)));
}

/**
 * The smallest n whose extremes enclose the percentile with 95 %: pⁿ ≤ 2.5 %, and for low percentiles (1 − p)ⁿ.
 * 368 for p99, 3,688 for p99.9; infinite for 0 and 1.
 */
export function fewestProbes(p: number): number {
  const extreme = Math.max(p, 1 - p);
  return extreme >= 1 ? Number.POSITIVE_INFINITY : Math.ceil(Math.log(TAIL) / Math.log(extreme));
}

/** ln k! for k = 0 … n. */
function logFactorials(n: number): Float64Array {
  const table = new Float64Array(n + 1);
  for (let k = 1; k <= n; k++) table[k] = table[k - 1]! + Math.log(k);
  return table;
}

/** P(B ≤ k) for k = 0 … n, B ~ Bin(n, p), 0 < p < 1. */
export function binomialBelow(n: number, p: number): Float64Array {
  const log = logFactorials(n);
  const [yes, no] = [Math.log(p), Math.log1p(-p)];
  const below = new Float64Array(n + 1);
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    sum += Math.exp(log[n]! - log[k]! - log[n - k]! + k * yes + (n - k) * no);
    below[k] = Math.min(1, sum);
  }
  return below;
}

export interface Ranks {
  /** 1-based. */
  readonly lower: number;
  readonly upper: number;
}

/** Ranks between which the population's percentile lies with at least 95 %, or null where n is too small. */
export function populationRanks(p: number, n: number): Ranks | null {
  if (n < fewestProbes(p)) return null;
  const below = binomialBelow(n, p);
  let lower = 1;
  while (lower < n && below[lower]! <= TAIL) lower++;
  let upper = n;
  // Floating sums may miss the tail by a rounding error; the extremes are right by the test above.
  while (upper > 1 && below[upper - 2]! >= 1 - TAIL) upper--;
  return { lower, upper };
}

/** Whether `outside` of n beyond a limit refute that only the share 1 − p is (one-sided, 2.5 %). */
export function refutes(outside: number, n: number, p: number): boolean {
  if (outside === 0) return false;
  if (p >= 1) return true;
  if (p <= 0) return false;
  return 1 - binomialBelow(n, 1 - p)[outside - 1]! <= TAIL;
}
