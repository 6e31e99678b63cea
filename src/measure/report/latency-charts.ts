import type { FreshnessReport } from '../freshness/report.js';
import { parseObjective } from '../objectives.js';
import type { Bar, Chart, Mark, Point } from './charts.js';
import { clock, clockName, count, many, number, percent, time } from './format.js';
import { type Bin, beyondOf, binsOf, bulkOf, FEW, type Seen, seenOf, visibleOf } from './latency-data.js';
import { linearAxis, shareAxis, timeAxis } from './scale.js';

const COLUMNS = 300;
/** An objective within so much of the slowest probe is worth the room that showing it takes. */
const NEAR = 2.5;
const HOVERS = 120;

/** Where the objectives lie in time: `within 10s`, `p99<2s`. One that cannot be read has no place. */
function limitsOf({ objectives }: FreshnessReport): { readonly x: number; readonly label: string }[] {
  return objectives.flatMap(({ objective }) => {
    try {
      const { metric, bound } = parseObjective(objective);
      if (metric.kind === 'within') return [{ x: metric.limitMs, label: objective }];
      return metric.kind === 'latency' ? [{ x: bound, label: objective }] : [];
    } catch {
      return [];
    }
  });
}

/** The end of a time axis: the slowest probe, and objectives that are near. */
function reach(report: FreshnessReport, seen: readonly Seen[]): number {
  const slowest = Math.max(...seen.map(({ upper }) => upper));
  return Math.max(slowest, ...limitsOf(report).flatMap(({ x }) => (x <= NEAR * slowest ? [x] : [])));
}

const limitMarks = (report: FreshnessReport): Mark[] =>
  limitsOf(report).map((limit) => ({ kind: 'at', ...limit }));
const words = { format: time, label: 'time to queryable' };

/** Between which shares of the probes were queryable by when, and the likeliest course between. */
export function curveChart(report: FreshnessReport): Chart | null {
  const seen = seenOf(report);
  if (seen.length === 0) return null;
  const x = linearAxis(reach(report, seen), words);
  const beyond = beyondOf(report).length;
  const found = seen.length / (seen.length + beyond);
  const steps = (report.turnbull ?? []).filter(({ ms }) => ms <= x.max);
  const course = steps.flatMap(({ ms, share }, i): Point[] => [
    [ms, i === 0 ? 0 : steps[i - 1]!.share],
    [ms, share],
  ]);
  const [low, high] = bulkOf(seen);
  return {
    alt: `Share of probes that were queryable by a time, from ${time(0)} to ${time(x.max)}: ${percent(found)} of ${many(seen.length + beyond, 'probe')} were seen in time, ${seen.length < FEW ? 'all' : 'nine of ten'} of those between ${time(low)} and ${time(high)}.`,
    height: 290,
    x,
    y: shareAxis({ format: percent, label: 'share of probes' }),
    marks: [
      ...(beyond > 0 ? [{ kind: 'zone', look: 'hatch', y0: found, label: 'not seen in time' } as const] : []),
      {
        kind: 'band',
        points: visibleOf(report, x.max, COLUMNS).map((at) => [at.ms, at.surely, at.possibly]),
      },
      { kind: 'line', points: course, look: 'other' },
      ...limitMarks(report),
    ],
    hover: {
      count: HOVERS,
      edge: (i) => (x.max * i) / HOVERS,
      title: (_, to) => {
        const ms = (x.max * to) / HOVERS;
        const { surely, possibly } = visibleOf(report, ms, 1).at(-1)!;
        return `by ${time(ms)}: ${percent(surely)} surely, ${percent(possibly)} at most`;
      },
    },
  };
}

/** How many probes took how long: surely, possibly, and by the estimate. */
export function spreadChart(report: FreshnessReport): Chart | null {
  const bins = binsOf(report);
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last) return null;
  const highest = Math.max(...bins.map(({ possibly, estimate }) => Math.max(possibly, estimate ?? 0)));
  const busiest = bins.toSorted((a, b) => b.possibly - a.possibly)[0]!;
  const estimates = bins.flatMap(({ from, to, estimate }): Point[] => [
    [from, estimate],
    [to, estimate],
  ]);
  const x = linearAxis(last.to / 1.04, words);
  return {
    alt: `How many probes took how long, in steps of ${time(first.to - first.from)}: most between ${time(busiest.from)} and ${time(busiest.to)}, ${told(busiest)}.`,
    height: 250,
    x: { ...x, max: Math.max(x.max, last.to) },
    y: linearAxis(highest, { format: number, label: 'probes' }),
    marks: [
      { kind: 'bars', look: 'maybe', bars: bins.map((bin) => bar(bin, bin.surely, bin.possibly)) },
      { kind: 'bars', look: 'solid', bars: bins.map((bin) => bar(bin, 0, bin.surely)) },
      { kind: 'line', look: 'other', points: estimates },
      ...limitMarks(report),
    ],
  };
}

const told = ({ surely, possibly }: Bin): string => `${count(surely)} surely, ${count(possibly)} at most`;
const bar = (bin: Bin, from: number, y: number): Bar => ({
  x0: bin.from,
  x1: bin.to,
  from,
  y,
  title: `${time(bin.from)} to ${time(bin.to)}: ${told(bin)}`,
});

/** Every probe by when it was sent, as a stroke between its bounds; those beyond the timeout at the top. */
export function probesChart(report: FreshnessReport): Chart | null {
  const seen = seenOf(report);
  const beyond = beyondOf(report);
  if (seen.length + beyond.length === 0) return null;
  const slowest = seen.length === 0 ? report.plan.timeoutMs : reach(report, seen);
  // Room above the slowest for what was not seen at all.
  const y = linearAxis(beyond.length > 0 ? slowest * 1.1 : slowest, words);
  const end = Math.max(1000, ...report.probes.map(({ sentAt }) => sentAt));
  const limits = limitsOf(report).map(({ x, label }): Mark => ({ kind: 'level', y: x, label }));
  return {
    alt: `${many(seen.length, 'probe')} over ${time(end)}, each between its bounds${beyond.length > 0 ? `, and ${count(beyond.length)} not seen in time` : ''}.`,
    height: 260,
    x: timeAxis(end, { format: clock, label: `time of sending, ${clockName(end)}` }),
    y,
    marks: [
      ...limits,
      {
        kind: 'strokes',
        strokes: seen.map((probe) => [probe.sentAt, probe.lower, probe.upper]),
        look: 'strokes',
      },
      { kind: 'strokes', strokes: beyond.map(({ sentAt }) => [sentAt, y.max * 0.94, y.max]), look: 'beyond' },
    ],
    hover: {
      count: HOVERS,
      edge: (i) => (end * i) / HOVERS,
      title: (from, to) =>
        probesBetween(
          seen,
          beyond.map(({ sentAt }) => sentAt),
          (end * from) / HOVERS,
          (end * to) / HOVERS,
        ),
    },
  };
}

function probesBetween(seen: readonly Seen[], beyond: readonly number[], from: number, to: number): string {
  const inside = (sentAt: number) => sentAt >= from && sentAt < to;
  const probes = seen.filter(({ sentAt }) => inside(sentAt));
  const unseen = beyond.filter(inside).length;
  const when = `sent ${clock(from)} to ${clock(to)}`;
  if (probes.length + unseen === 0) return `${when}: no probe`;
  const low = Math.min(...probes.map(({ lower }) => lower));
  const high = Math.max(...probes.map(({ upper }) => upper));
  const visible =
    probes.length === 0
      ? ''
      : `: ${many(probes.length, 'probe')} visible after ${time(low)} to ${time(high)}`;
  return `${when}${visible}${unseen > 0 ? `; ${count(unseen)} not seen in time` : ''}`;
}
