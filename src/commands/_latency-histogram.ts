/** The shape of freshness as bars: full where a probe surely lies, light where its bounds only allow it. */
import { rankOf } from '../measure/freshness/order.js';
import type { FreshnessReport, ProbeResult } from '../measure/freshness/report.js';
import { duration } from '../measure/freshness/texts.js';
import { pad, type Style } from '../output.js';

const MOST_BINS = 14;
/** Share of the probes that get bins of their own. */
const SHOWN = 0.99;
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

/** Bins from `least` to `most`, and one for everything behind, so that one straggler does not flatten the shape. */
function binsOf(seen: readonly Seen[], width: number, least: number, most: number): Bin[] {
  const [first, last] = [Math.floor(least / width), Math.floor(most / width) + 1];
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const at = first + index;
    const [from, to] = [at * width, at === last ? Number.POSITIVE_INFINITY : (at + 1) * width];
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
  const least = seen.reduce((found, { lower }) => Math.min(found, lower), Number.POSITIVE_INFINITY);
  const uppers = seen.map(({ upper }) => upper).sort((a, b) => a - b);
  const most = uppers[rankOf(SHOWN, uppers.length) - 1]!;
  const bins = binsOf(seen, binWidth(most - least, report.resolution.medianMs), least, most);
  if (bins.at(-1)!.about < 0.05) bins.pop();
  const labels = bins.map(({ from, to }) =>
    Number.isFinite(to) ? `${duration(from)} to ${duration(to)}` : `above ${duration(from)}`,
  );
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
