/** The shape of freshness as bars: full where a probe surely lies, light where its bounds only allow it. */
import type { FreshnessReport, ProbeResult } from '../measure/freshness/report.js';
import { duration } from '../measure/freshness/texts.js';
import { pad, type Style } from '../output.js';

const MOST_BINS = 14;
const STEPS = [1, 2, 5];

interface Bin {
  readonly from: number;
  readonly to: number;
  /** Probes whose bounds both lie inside. */
  readonly surely: number;
  /** The same, and of each other probe the part of its bounds that lies inside. */
  readonly about: number;
}

type Seen = ProbeResult & { readonly lower: number; readonly upper: number };

/** The smallest of 1, 2, 5, 10 … ms with which few enough bins span `spread`, none much finer than the bounds. */
export function binWidth(spread: number, resolution: number): number {
  const least = Math.max(spread / MOST_BINS, resolution / 2);
  for (let scale = 1; ; scale *= 10) for (const step of STEPS) if (step * scale >= least) return step * scale;
}

function binsOf(seen: readonly Seen[], width: number): Bin[] {
  const first = Math.floor(Math.min(...seen.map(({ lower }) => lower)) / width);
  const last = Math.floor(Math.max(...seen.map(({ upper }) => upper)) / width);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const [from, to] = [(first + index) * width, (first + index + 1) * width];
    const share = ({ lower, upper }: Seen) =>
      upper > lower
        ? Math.max(0, Math.min(upper, to) - Math.max(lower, from)) / (upper - lower)
        : Number(upper >= from && upper < to);
    return {
      from,
      to,
      surely: seen.filter(({ lower, upper }) => lower >= from && upper <= to).length,
      about: seen.reduce((sum, probe) => sum + share(probe), 0),
    };
  });
}

export function histogramText(report: FreshnessReport, style: Style, width: number): string {
  const seen = report.probes.filter((probe): probe is Seen => probe.lower !== null && probe.upper !== null);
  if (seen.length === 0) return '';
  const spread = Math.max(...seen.map(({ upper }) => upper)) - Math.min(...seen.map(({ lower }) => lower));
  const bins = binsOf(seen, binWidth(spread, report.resolution.medianMs));
  const labels = bins.map(({ from, to }) => `${duration(from)} to ${duration(to)}`);
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const room = Math.max(10, Math.min(50, width - labelWidth - 14));
  const highest = Math.max(...bins.map(({ about }) => about));
  const { full, light } = style.symbols;
  const lines = bins.map(({ surely, about }, index) => {
    const long = Math.round((about / highest) * room);
    const sure = Math.min(long, Math.round((surely / highest) * room));
    const bar = style.accent(full.repeat(sure)) + style.dim(light.repeat(long - sure));
    const number = about < 0.05 ? '' : about >= 9.95 ? about.toFixed(0) : about.toFixed(1);
    return `  ${pad(labels[index]!, labelWidth)}  ${bar} ${number}`.trimEnd();
  });
  const title = `  ${style.dim(`time until queryable, probes (${light} possibly here)`)}`;
  return [title, ...lines].join('\n');
}
