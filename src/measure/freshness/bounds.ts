/** From probes to intervals, and from intervals to percentiles and shares. */
import type { Probe } from './ledger.js';
import { fewestProbes, populationRanks, rankOf } from './order.js';
import type { PercentileBounds, ProbeResult, ShareWithin } from './report.js';
import type { Interval } from './turnbull.js';

/** Probes that count: accepted ones. What the collector refused never set out. */
export const counted = (probes: readonly Probe[]): Probe[] =>
  probes.filter(({ outcome }) => outcome !== 'refused');

/** When a probe became visible, ms from its send; without an upper end where nobody has seen it. */
export const intervalOf = ({ sentAt, missedAt, foundAt }: Probe): Interval => ({
  lower: missedAt - sentAt,
  upper: foundAt === null ? Number.POSITIVE_INFINITY : foundAt - sentAt,
});

/** Both ends of all intervals, each sorted: the k-th value lies between the k-th of either. */
export interface Ends {
  readonly n: number;
  readonly lowers: readonly number[];
  readonly uppers: readonly number[];
}

const ascending = (a: number, b: number): number => (a < b ? -1 : Number(a > b));

export function endsOf(intervals: readonly Interval[]): Ends {
  return {
    n: intervals.length,
    lowers: intervals.map(({ lower }) => lower).sort(ascending),
    uppers: intervals.map(({ upper }) => upper).sort(ascending),
  };
}

/**
 * The percentile of these probes, and where the population's lies with 95 %. `p` within 0 … 1; what is beyond the
 * timeout is null.
 */
export function percentileBounds(
  { n, lowers, uppers }: Ends,
  p: number,
  timeoutMs: number,
): PercentileBounds {
  const within = (ms: number | undefined) => (ms !== undefined && ms <= timeoutMs ? ms : null);
  const rank = rankOf(p, n);
  const [lower, upper] = [within(lowers[rank - 1]), within(uppers[rank - 1])];
  const ranks = populationRanks(p, n);
  return {
    p,
    lower,
    upper,
    midpoint: lower === null || upper === null ? null : (lower + upper) / 2,
    population: ranks && { lower: within(lowers[ranks.lower - 1]), upper: within(uppers[ranks.upper - 1]) },
    enough: n >= fewestProbes(p),
  };
}

/** How many of sorted values are not above the limit. */
export function countWithin(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const shareWithin = ({ n, lowers, uppers }: Ends, limitMs: number): ShareWithin => ({
  limitMs,
  least: n === 0 ? 0 : countWithin(uppers, limitMs) / n,
  most: n === 0 ? 0 : countWithin(lowers, limitMs) / n,
});

/** The probe as the report has it. */
export function resultOf(probe: Probe, startedAt: number): ProbeResult {
  const { outcome, sentAt, answeredAt, rows, id } = probe;
  const { lower, upper } = intervalOf(probe);
  const seen = outcome === 'found' || outcome === 'late';
  return {
    id,
    sentAt: sentAt - startedAt,
    outcome: outcome ?? 'open',
    answered: answeredAt === null ? null : answeredAt - sentAt,
    lower: seen || outcome === null ? lower : null,
    upper: seen ? upper : null,
    rows,
  };
}

/** Median of unsorted values; 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort(ascending);
  return sorted[rankOf(0.5, sorted.length) - 1] ?? 0;
}
