import type { LoadReport, LoadSeries } from '../load/report.js';

const MAX_INTERVALS = 3600;

type Column = Exclude<keyof LoadSeries, 'stepMs'>;
type Values = readonly (number | null)[];

/** How a column of intervals of one length becomes intervals of another, and how columns of several reports add up. */
interface Rule {
  readonly resample: (values: Values, grid: Grid) => (number | null)[];
  readonly add: (a: number | null, b: number | null) => number | null;
}

/** Where the intervals of one report lie among those of the merged one; ms. */
interface Grid {
  readonly from: number;
  readonly step: number;
  readonly to: number;
  readonly length: number;
}

const sum = (a: number | null, b: number | null): number | null => (a ?? 0) + (b ?? 0);
const highest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);

const RATE: Rule = { resample: spread, add: sum };
const WORST: Rule = { resample: worst, add: highest };
const LEVEL: Rule = { resample: atEnd, add: sum };

/**
 * Percentiles of intervals cannot be merged, because their histograms are not kept: the highest of any report
 * stands for all. The percentile of the whole interval is never above it.
 */
const RULES: Readonly<Record<Column, Rule>> = {
  offered: RATE,
  achieved: RATE,
  failed: RATE,
  responseP50: WORST,
  responseP99: WORST,
  serviceP50: WORST,
  serviceP99: WORST,
  lagP99: WORST,
  utilisation: { ...WORST, resample: (values, grid) => worst(values, grid).map((value) => value ?? 0) },
  backlog: LEVEL,
  inFlight: LEVEL,
};

/** One series on the time of all reports, `from` ms since 1970; the coarsest step of any, or coarser to stay in 3,600 intervals. */
export function mergeSeries(reports: readonly LoadReport[], from: number): LoadSeries {
  const coarsest = Math.max(...reports.map(({ series }) => series.stepMs));
  const end = Math.max(...reports.map((each) => each.startedAt + lengthOf(each.series)));
  const stepMs = coarsest * Math.max(1, Math.ceil((end - from) / coarsest / MAX_INTERVALS));
  const length = Math.max(1, Math.ceil((end - from) / stepMs - 1e-9));
  const merged = (column: Column) =>
    reports
      .map(({ startedAt, series }) =>
        RULES[column].resample(series[column], {
          from: startedAt - from,
          step: series.stepMs,
          to: stepMs,
          length,
        }),
      )
      .reduce((a, b) => a.map((value, i) => RULES[column].add(value, b[i]!)));
  const columns = Object.keys(RULES).map((column) => [column, merged(column as Column)]);
  return { stepMs, ...Object.fromEntries(columns) };
}

const lengthOf = (series: LoadSeries): number => series.offered.length * series.stepMs;

/** Calls `use` with every pair of intervals that share time, and how much of the target interval they share (0 … 1). */
function overlaps(
  values: Values,
  { from, step, to, length }: Grid,
  use: (target: number, value: number | null, share: number) => void,
): void {
  for (const [i, value] of values.entries()) {
    const start = from + i * step;
    const end = start + step;
    for (let target = Math.floor(start / to); target * to < end && target < length; target += 1) {
      const shared = Math.min(end, (target + 1) * to) - Math.max(start, target * to);
      if (shared > 0) use(target, value, shared / to);
    }
  }
}

/** Rates keep their sum: an interval gives each target the part that lies in it. */
function spread(values: Values, grid: Grid): (number | null)[] {
  const rates: number[] = Array(grid.length).fill(0);
  overlaps(values, grid, (target, value, share) => {
    rates[target]! += (value ?? 0) * share;
  });
  return rates;
}

function worst(values: Values, grid: Grid): (number | null)[] {
  const found: (number | null)[] = Array(grid.length).fill(null);
  overlaps(values, grid, (target, value) => {
    found[target] = highest(found[target]!, value);
  });
  return found;
}

/** Levels are those of an interval's end: the last one that had been read by then, and none before and after the run. */
function atEnd(values: Values, { from, step, to, length }: Grid): (number | null)[] {
  return Array.from({ length }, (_, target) => {
    const read = Math.floor(((target + 1) * to - from) / step + 1e-9) - 1;
    const over = from + values.length * step <= target * to;
    return read < 0 || over ? 0 : (values[Math.min(read, values.length - 1)] ?? 0);
  });
}
