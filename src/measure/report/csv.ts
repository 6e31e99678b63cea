import type { FreshnessReport, ProbeResult } from '../freshness/report.js';
import type { LoadReport, LoadSeries } from '../load/report.js';

type Cell = string | number | null;

/** RFC 4180: fields with commas, quotes or line breaks quoted, CRLF after every line; null is an empty field. */
function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

type Column = Exclude<keyof LoadSeries, 'stepMs'>;

const LOAD_COLUMNS: readonly (readonly [header: string, column: Column])[] = [
  ['offered_per_second', 'offered'],
  ['achieved_per_second', 'achieved'],
  ['failed_per_second', 'failed'],
  ['response_p50_ms', 'responseP50'],
  ['response_p99_ms', 'responseP99'],
  ['service_p50_ms', 'serviceP50'],
  ['service_p99_ms', 'serviceP99'],
  ['lag_p99_ms', 'lagP99'],
  ['utilisation', 'utilisation'],
  ['backlog', 'backlog'],
  ['in_flight', 'inFlight'],
];

/** The series of a load test: one row an interval, named by its begin. */
export function loadCsv(report: LoadReport): string {
  const { series, startedAt } = report;
  const header = ['time', 'start_ms', 'step_ms', ...LOAD_COLUMNS.map(([name]) => name)];
  const rows = series.offered.map((_, i) => {
    const start = i * series.stepMs;
    const time = new Date(startedAt + start).toISOString();
    return [time, start, series.stepMs, ...LOAD_COLUMNS.map(([, column]) => series[column][i] ?? null)];
  });
  return csv([header, ...rows]);
}

const PROBE_COLUMNS: readonly (readonly [header: string, value: (probe: ProbeResult) => Cell])[] = [
  ['event_id', ({ id }) => id],
  ['sent_ms', ({ sentAt }) => sentAt],
  ['outcome', ({ outcome }) => outcome],
  ['answered_ms', ({ answered }) => answered],
  ['lower_ms', ({ lower }) => lower],
  ['upper_ms', ({ upper }) => upper],
  ['rows', ({ rows }) => rows],
];

/** The probes of a latency run, one row each. `lower_ms` … `upper_ms`: when it became queryable, from its send. */
export function latencyCsv(report: FreshnessReport): string {
  const rows = report.probes.map((probe) => [
    new Date(report.startedAt + probe.sentAt).toISOString(),
    ...PROBE_COLUMNS.map(([, value]) => value(probe)),
  ]);
  return csv([['time', ...PROBE_COLUMNS.map(([name]) => name)], ...rows]);
}
