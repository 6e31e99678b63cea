import type { FreshnessReport, ProbeResult } from '../freshness/report.js';
import { roundUp } from './scale.js';

/** A probe that was seen in time: both bounds are known. */
export interface Seen {
  readonly sentAt: number;
  readonly lower: number;
  readonly upper: number;
}

export function seenOf({ probes }: FreshnessReport): Seen[] {
  return probes.flatMap(({ outcome, sentAt, lower, upper }) =>
    outcome === 'found' && lower !== null && upper !== null ? [{ sentAt, lower, upper }] : [],
  );
}

/** Accepted, and not seen in time. */
export function beyondOf({ probes }: FreshnessReport): ProbeResult[] {
  return probes.filter(({ outcome }) => outcome === 'lost' || outcome === 'late' || outcome === 'open');
}

/** Where nine of ten seen probes lie, by the middle of their bounds; where all lie, if they are few. ms. */
export function bulkOf(seen: readonly Seen[]): readonly [low: number, high: number] {
  if (seen.length < FEW)
    return [Math.min(...seen.map(({ lower }) => lower)), Math.max(...seen.map(({ upper }) => upper))];
  const middles = seen.map(({ lower, upper }) => (lower + upper) / 2).sort((a, b) => a - b);
  const at = (share: number) =>
    middles[Math.min(middles.length - 1, Math.floor(share * middles.length))] ?? 0;
  return [at(0.05), at(0.95)];
}

/** Fewer have no tenth to leave out. */
export const FEW = 20;

export interface Bin {
  readonly from: number;
  readonly to: number;
  /** Probes whose bounds both lie inside; probes whose bounds touch it. */
  readonly surely: number;
  readonly possibly: number;
  /** By the estimate of the distribution, where there is one. */
  readonly estimate: number | null;
}

const BINS = 20;
const FEWEST = 8;

/** Bins about as wide as the bounds are apart, where there is room for several: few probes are surely inside finer ones. */
export function binsOf(report: FreshnessReport): Bin[] {
  const seen = seenOf(report);
  if (seen.length === 0) return [];
  const least = Math.min(...seen.map(({ lower }) => lower));
  const most = Math.max(...seen.map(({ upper }) => upper));
  const step = roundUp(
    Math.max(
      (most - least) / BINS,
      Math.min(0.9 * report.resolution.medianMs, (most - least) / FEWEST),
      1e-3,
    ),
  );
  const first = Math.floor(least / step);
  const length = Math.max(1, Math.ceil(most / step - 1e-9) - first);
  return Array.from({ length }, (_, i) => {
    const [from, to] = [(first + i) * step, (first + i + 1) * step];
    return {
      from,
      to,
      surely: seen.filter(({ lower, upper }) => lower >= from && upper <= to).length,
      possibly: seen.filter(({ lower, upper }) => lower < to && upper > from).length,
      estimate: estimate(report, seen.length, from, to),
    };
  });
}

function estimate({ turnbull }: FreshnessReport, seen: number, from: number, to: number): number | null {
  if (!turnbull || turnbull.length === 0) return null;
  const at = (ms: number) => turnbull.findLast((step) => step.ms <= ms)?.share ?? 0;
  return (seen / (turnbull.at(-1)!.share || 1)) * (at(to) - at(from));
}

/** Shares that were visible by a time, ascending: surely (by upper bounds) and possibly (by lower ones). */
export interface Visible {
  readonly ms: number;
  readonly surely: number;
  readonly possibly: number;
}

/** Few probes as the steps they are, many on an even grid of `columns`. `to`: where the axis ends, ms. */
export function visibleOf(report: FreshnessReport, to: number, columns: number): Visible[] {
  const seen = seenOf(report);
  const n = seen.length + beyondOf(report).length;
  const lowers = seen.map(({ lower }) => lower).sort((a, b) => a - b);
  const uppers = seen.map(({ upper }) => upper).sort((a, b) => a - b);
  const exact = seen.length * 4 <= columns;
  const grid = Array.from({ length: columns + 1 }, (_, i) => (to * i) / columns);
  const times = exact ? [0, ...[...lowers, ...uppers].sort((a, b) => a - b), to] : grid;
  const share = (sorted: readonly number[], ms: number) => (n === 0 ? 0 : upTo(sorted, ms) / n);
  let before: Visible | undefined;
  return times.flatMap((ms) => {
    const at = { ms, surely: share(uppers, ms), possibly: share(lowers, ms) };
    const corner = before && exact ? [{ ...before, ms }] : [];
    before = at;
    return [...corner, at];
  });
}

/** How many of the sorted values are at most `limit`. */
function upTo(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
