import type { LoadReport, LoadSeries } from '../load/report.js';
import { type Objective, parseObjective } from '../objectives.js';
import type { Chart, Hover, Mark, Point } from './charts.js';
import { clock, clockName, count, number, percent, perSecond, time } from './format.js';
import { BUSY, notJudged, TOO_BUSY, TOO_LATE_MS } from './load-shapes.js';
import { type Axis, linearAxis, logAxis, shareAxis, timeAxis } from './scale.js';

type Values = readonly (number | null)[];

const highest = (values: Values): number => Math.max(0, ...values.map((value) => value ?? 0));

/** A line through the middles of the intervals; few intervals as the steps that they are. */
function points(values: Values, { stepMs }: LoadSeries): Point[] {
  if (values.length > 3) return values.map((value, i) => [(i + 0.5) * stepMs, value]);
  return values.flatMap((value, i): Point[] => [
    [i * stepMs, value],
    [(i + 1) * stepMs, value],
  ]);
}

const line = (values: Values, series: LoadSeries, look: string): Mark => ({
  kind: 'line',
  points: points(values, series),
  look,
});

function runAxis({ series }: LoadReport): Axis {
  const end = series.offered.length * series.stepMs;
  return timeAxis(end, { format: clock, label: `time in the run, ${clockName(end)}` });
}

/** Warm-up by name, what the client could not send hatched. */
function parts(report: LoadReport, named = true): Mark[] {
  const { window } = report;
  const limited = notJudged(report);
  return [
    ...(window.fromMs > 0
      ? [{ kind: 'zone', look: 'plain', x0: 0, x1: window.fromMs, label: named ? 'warm-up' : '' } as const]
      : []),
    ...(limited
      ? [
          {
            kind: 'zone',
            look: 'hatch',
            x0: limited.fromMs,
            x1: limited.toMs,
            label: named ? 'not judged' : '',
          } as const,
        ]
      : []),
  ];
}

/** Tells the values of an interval, and the worst of several. */
function hover({ series }: LoadReport, say: (worst: (column: Values) => number | null) => string): Hover {
  const { stepMs, offered } = series;
  return {
    count: offered.length,
    edge: (i) => i * stepMs,
    title: (from, to) => {
      const worst = (column: Values) => {
        const known = column.slice(from, to).filter((value) => value !== null);
        return known.length === 0 ? null : Math.max(...known);
      };
      const when =
        to - from > 1 ? `${clock(from * stepMs)} to ${clock(to * stepMs)}, highest` : clock(from * stepMs);
      return `${when}: ${say(worst)}`;
    },
  };
}

export function rateChart(report: LoadReport): Chart {
  const { series } = report;
  const top = Math.max(highest(series.offered), highest(series.achieved));
  return {
    alt: `Requests per second over ${time(series.offered.length * series.stepMs)}: offered up to ${perSecond(highest(series.offered))}, achieved up to ${perSecond(highest(series.achieved))}, failed up to ${perSecond(highest(series.failed))}.`,
    height: 240,
    x: runAxis(report),
    y: linearAxis(top, { format: number, label: 'requests/s' }),
    marks: [
      ...parts(report),
      line(series.offered, series, 'plan'),
      line(series.achieved, series, 'one'),
      ...(highest(series.failed) > 0 ? [line(series.failed, series, 'failed')] : []),
    ],
    hover: hover(report, (worst) => {
      const failed = worst(series.failed) ?? 0;
      return `offered ${perSecond(worst(series.offered) ?? 0)}, achieved ${perSecond(worst(series.achieved) ?? 0)}${failed > 0 ? `, failed ${perSecond(failed)}` : ''}`;
    }),
  };
}

/** What latency objectives say of response time; an objective that cannot be read draws no line. */
function limits(report: LoadReport): Mark[] {
  return report.objectives.flatMap(({ objective }) => {
    const read = tryParse(objective);
    if (read?.metric.kind !== 'latency' || (read.metric.of ?? 'response') !== 'response') return [];
    return [{ kind: 'level', y: read.bound, label: objective } as const];
  });
}

export function tryParse(objective: string): Objective | null {
  try {
    return parseObjective(objective, ['response', 'service', 'lag']);
  } catch {
    return null;
  }
}

export function latencyChart(report: LoadReport): Chart {
  const { series } = report;
  const columns = [series.responseP50, series.responseP99, series.serviceP50, series.serviceP99];
  const marks = limits(report);
  const levels = marks.flatMap((mark) => (mark.kind === 'level' ? [mark.y] : []));
  const values = [...columns.flat().filter((value) => value !== null), ...levels];
  return {
    alt: `Latency over time on a logarithmic scale: response p99 up to ${time(highest(series.responseP99))}, service p99 up to ${time(highest(series.serviceP99))}.`,
    height: 300,
    x: runAxis(report),
    y: logAxis(values, { format: time, label: 'latency, log scale' }),
    marks: [
      ...parts(report),
      ...marks,
      line(series.serviceP50, series, 'other thin'),
      line(series.responseP50, series, 'one thin'),
      line(series.serviceP99, series, 'other'),
      line(series.responseP99, series, 'one'),
    ],
    hover: hover(
      report,
      (worst) =>
        `response p50 ${time(worst(series.responseP50))}, p99 ${time(worst(series.responseP99))}; service p50 ${time(worst(series.serviceP50))}, p99 ${time(worst(series.serviceP99))}`,
    ),
  };
}

export function utilisationChart(report: LoadReport): Chart {
  const { series } = report;
  return {
    alt: `Event-loop utilisation of the busiest sending process, up to ${series.utilisation.length === 0 ? '0' : highest(series.utilisation).toFixed(2)}; too busy from ${TOO_BUSY}.`,
    height: 210,
    x: runAxis(report),
    y: shareAxis({ format: number, label: 'share of time busy' }),
    marks: [
      { kind: 'zone', look: 'hatch', y0: TOO_BUSY, label: 'too busy' },
      { kind: 'level', y: BUSY, label: `warning ${BUSY}` },
      line(series.utilisation, series, 'one'),
    ],
    hover: hover(report, (worst) => `utilisation ${percent(worst(series.utilisation))}`),
  };
}

export function lagChart(report: LoadReport): Chart {
  const { series } = report;
  const known = series.lagP99.filter((value) => value !== null);
  return {
    alt: `Start lag p99 on a logarithmic scale, up to ${time(highest(series.lagP99))}; too late above ${TOO_LATE_MS} ms.`,
    height: 210,
    x: runAxis(report),
    y: logAxis([...known, TOO_LATE_MS / 4, TOO_LATE_MS * 2], {
      format: time,
      label: 'start lag p99, log scale',
    }),
    marks: [
      { kind: 'zone', look: 'hatch', y0: TOO_LATE_MS, label: 'too late' },
      line(series.lagP99, series, 'one'),
    ],
    hover: hover(report, (worst) => `start lag p99 ${time(worst(series.lagP99))}`),
  };
}

export function backlogChart(report: LoadReport): Chart {
  const { series } = report;
  const top = Math.max(highest(series.backlog), highest(series.inFlight));
  return {
    alt: `Requests waiting to be sent, up to ${count(highest(series.backlog))}, and waiting for an answer, up to ${count(highest(series.inFlight))}.`,
    height: 200,
    x: runAxis(report),
    y: linearAxis(top, { format: number, label: 'requests' }),
    marks: [
      ...parts(report, false),
      line(series.inFlight, series, 'other'),
      line(series.backlog, series, 'one'),
    ],
    hover: hover(
      report,
      (worst) =>
        `waiting ${count(worst(series.backlog) ?? 0)}, in flight ${count(worst(series.inFlight) ?? 0)}`,
    ),
  };
}
