/** Figures of a latency, and the HdrHistogram that others read them from again. */
import hdr from 'hdr-histogram-js';
import { boundsOf, type Counts, countOf, LONGEST, packed, percentile } from './counts.js';
import type { LatencyFigures } from './report.js';

/** HdrHistogram V2, compressed, base64, of µs. */
export function encoded(pairs: Uint32Array): string {
  const histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    autoResize: false,
    useWebAssembly: false,
  });
  for (let i = 0; i < pairs.length; i += 2)
    histogram.recordValueWithCount(boundsOf(pairs[i]!)[0], pairs[i + 1]!);
  return hdr.encodeIntoCompressedBase64(histogram);
}

function mean(pairs: Uint32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    const [lowest, highest] = boundsOf(pairs[i]!);
    sum += ((lowest + highest) / 2) * pairs[i + 1]!;
  }
  return count === 0 ? 0 : sum / count;
}

/** Figures in ms, of counts in µs. All zero without values. */
export function figuresOf(counts: Counts): LatencyFigures {
  const pairs = packed(counts);
  const count = countOf(pairs);
  const at = (percent: number) => (percentile(pairs, percent) ?? 0) / 1000;
  return {
    count,
    mean: mean(pairs, count) / 1000,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: at(100),
    histogram: encoded(pairs),
  };
}
