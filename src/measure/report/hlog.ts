import type { LatencyKind, LoadReport } from '../load/report.js';

const KINDS: readonly LatencyKind[] = ['response', 'service', 'lag'];
const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/**
 * The histograms of a load test as a HdrHistogram log (format 1.3), one tagged interval for each kind of latency:
 * the measured window. Values in the histograms are µs; `Interval_Max` is in ms, as the tools expect of their
 * default ratio. Intervals count from StartTime. Read with HistogramLogAnalyzer, HistogramLogProcessor, hdr-histogram-js.
 */
export function loadHlog(report: LoadReport): string {
  const { startedAt, window, latency } = report;
  const lines = KINDS.map((kind) => {
    const { max, histogram } = latency.whole[kind];
    const times = `${seconds(window.fromMs)},${seconds(window.toMs - window.fromMs)}`;
    return `Tag=${kind},${times},${max.toFixed(3)},${histogram}`;
  });
  return [
    `#[Logged with stargate loadtest, run ${comment(report.run)}, target ${comment(report.target)}; values in microseconds]`,
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${seconds(startedAt)} (seconds since epoch), ${new Date(startedAt).toUTCString()}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...lines,
    '',
  ].join('\n');
}

/** A line break would end the comment, and begin an interval of the target's own making. */
const comment = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
