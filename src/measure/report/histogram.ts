import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  type JsHistogram,
} from 'hdr-histogram-js';
import type { LatencyFigures } from '../load/report.js';

const US = 1000;

/** Values `fromUs` … `toUs` (both inclusive) that the histogram does not tell apart, and how many there were. */
export interface Bucket {
  readonly fromUs: number;
  readonly toUs: number;
  readonly count: number;
}

/** A histogram of µs as a report holds it. Counts in 64 bits, so that merging never overflows. */
export function decodeHistogram(base64: string): Histogram {
  return decodeFromCompressedBase64(base64, 64);
}

/** What was recorded, ascending, without the empty buckets. */
export function bucketsOf(base64: string): Bucket[] {
  const histogram = decodeHistogram(base64) as JsHistogram;
  const found: Bucket[] = [];
  const values = histogram.recordedValuesIterator;
  values.reset();
  while (values.hasNext()) {
    const { valueIteratedTo, countAddedInThisIterationStep } = values.next();
    found.push({
      fromUs: histogram.lowestEquivalentValue(valueIteratedTo),
      toUs: histogram.highestEquivalentValue(valueIteratedTo),
      count: countAddedInThisIterationStep,
    });
  }
  return found;
}

/** Figures in ms, read from a histogram of µs. Without values every figure is 0. */
export function figuresOf(histogram: Histogram): LatencyFigures {
  const at = (percentile: number) =>
    histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / US;
  return {
    count: histogram.totalCount,
    mean: histogram.totalCount === 0 ? 0 : histogram.mean / US,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.totalCount === 0 ? 0 : histogram.maxValue / US,
    histogram: encodeIntoCompressedBase64(histogram),
  };
}

/**
 * Sums histograms bucket by bucket: percentiles of the sum are those that one histogram of all values would have
 * (of equal precision; values of a coarser one count at the low end of their buckets).
 * Mean and maximum come from the parts' own figures, which are finer than buckets.
 */
export function mergeFigures(parts: readonly LatencyFigures[]): LatencyFigures {
  const decoded = parts.map(({ histogram }) => decodeHistogram(histogram) as JsHistogram);
  const sum = build({
    bitBucketSize: 64,
    autoResize: true,
    highestTrackableValue: Math.max(2, ...decoded.map((part) => part.highestTrackableValue)),
    numberOfSignificantValueDigits: digits(decoded),
  }) as JsHistogram;
  for (const part of decoded) sum.add(part);
  const count = sum.totalCount;
  const total = parts.reduce((ms, part) => ms + part.mean * part.count, 0);
  return {
    ...figuresOf(sum),
    mean: count === 0 ? 0 : total / count,
    max: Math.max(0, ...parts.map(({ max }) => max)),
  };
}

function digits(parts: readonly JsHistogram[]): 1 | 2 | 3 | 4 | 5 {
  return Math.max(...parts.map((part) => part.numberOfSignificantValueDigits)) as 1 | 2 | 3 | 4 | 5;
}
