import type { LatencyFigures, LoadReport } from '../load/report.js';
import type { Bar, Chart, Point } from './charts.js';
import { count, time } from './format.js';
import { bucketsOf } from './histogram.js';
import { logSpan } from './scale.js';

/** Bins in a factor of ten: about 21 % wide, far wider than the buckets of the histogram. */
const BINS = 12;
/** Where a bar of nothing would stand on a logarithmic axis: below one. */
const FLOOR = 0.5;

const edge = (bin: number): number => 10 ** (bin / BINS);

/** Answers by bin: bin b holds latencies from 10^(b/12) ms. */
export function binned(figures: LatencyFigures): Map<number, number> {
  const bins = new Map<number, number>();
  for (const { fromUs, toUs, count: answers } of bucketsOf(figures.histogram)) {
    // A latency of 0 µs was less than the clock's step: it counts as half a step.
    const middle = Math.max(0.5, (fromUs + toUs) / 2) / 1000;
    const bin = Math.floor(Math.log10(middle) * BINS);
    bins.set(bin, (bins.get(bin) ?? 0) + answers);
  }
  return bins;
}

/** Response as bars, service as a line around its own; both axes logarithmic. */
export function distributionChart({ latency }: LoadReport): Chart {
  const { response, service } = latency.whole;
  const bars = binned(response);
  const outline = binned(service);
  const keys = [...bars.keys(), ...outline.keys()];
  const [first, last] = [Math.min(...keys), Math.max(...keys)];
  const words = { format: time, label: 'latency, log scale' };
  const axis = logSpan(edge(first), edge(last + 1), words);
  return {
    alt: `How many answers took how long: ${count(response.count)} answers, half within ${time(response.p50)}, 99 of 100 within ${time(response.p99)}, the slowest ${time(response.max)}.`,
    height: 270,
    x: axis,
    y: logSpan(FLOOR, 3 * Math.max(...bars.values(), ...outline.values()), {
      format: short,
      label: 'answers, log scale',
    }),
    marks: [
      { kind: 'bars', look: 'solid', bars: [...bars].map(bar) },
      { kind: 'line', look: 'other', points: steps(outline, first, last) },
      { kind: 'at', x: response.p50, label: `p50 ${time(response.p50)}` },
      { kind: 'at', x: response.p99, label: `p99 ${time(response.p99)}` },
    ],
  };
}

const bar = ([bin, answers]: readonly [number, number]): Bar => ({
  x0: edge(bin),
  x1: edge(bin + 1),
  y: answers,
  title: `${time(edge(bin))} to ${time(edge(bin + 1))}: ${count(answers)}`,
});

function steps(bins: ReadonlyMap<number, number>, first: number, last: number): Point[] {
  const points: Point[] = [];
  for (let bin = first; bin <= last; bin += 1) {
    const value = bins.get(bin) ?? FLOOR;
    points.push([edge(bin), value], [edge(bin + 1), value]);
  }
  return points;
}

/** 1 k, 1 M */
const short = (value: number): string =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : String(value);
