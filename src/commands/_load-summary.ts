/** What `loadtest` prints at the end: the verdict first, then the figures that carry it, then what to do. */
import { BUSY } from '../measure/load/judge.js';
import type { Latencies, LoadReport, LoadVerdict, ObjectiveResult } from '../measure/load/report.js';
import { pad, printable, type Style, table, wrap } from '../output.js';
import { clock, count, ms, perSecond } from './_load-format.js';

const WORDS: Readonly<Record<LoadVerdict, string>> = {
  ok: 'OK.',
  'target-limited': 'Target-limited.',
  'client-limited': 'Client-limited.',
  inconclusive: 'Inconclusive.',
};

function mark({ verdict, exitCode }: LoadReport, style: Style): string {
  const { ok, bad, warn, none } = style.symbols;
  if (exitCode === 3 || exitCode === 1) return style.bad(bad);
  if (verdict === 'ok') return style.good(ok);
  return verdict === 'target-limited' ? style.warning(warn) : style.warning(none);
}

/** Failed among the requests of the measured window, by interval. */
function failedUntil({ series }: LoadReport, fromMs: number, toMs: number): number {
  const { failed, stepMs } = series;
  return failed.reduce((sum, rate, i) => {
    const length = Math.min(stepMs, toMs - i * stepMs);
    return i * stepMs >= fromMs && length > 0 ? sum + (rate * length) / 1000 : sum;
  }, 0);
}

/** The figures: of the whole run, and beside them of the part in which the client kept up where that is another. */
function figures(report: LoadReport, style: Style): string {
  const { totals, latency, judged, window, series } = report;
  const partial = judged !== null && latency.judged !== null && judged.toMs < window.toMs;
  const until = partial ? Math.ceil(judged.toMs / series.stepMs) : 0;
  const top = (rates: readonly number[]) =>
    perSecond(Math.max(0, ...rates.slice(window.fromMs / series.stepMs, until)));
  const rate = (name: string, whole: number, of: readonly number[]) => [
    name,
    perSecond(whole),
    ...(partial ? [top(of)] : []),
  ];
  const row = (name: string, read: (of: Latencies) => number) => [
    name,
    ms(read(latency.whole)),
    ...(partial ? [ms(read(latency.judged!))] : []),
  ];
  const rows = [
    rate('Offered, max', totals.offeredMax, series.offered),
    rate('Achieved, max', totals.achievedMax, series.achieved),
    ...(partial ? [] : [['Achieved, mean', perSecond(totals.achieved)]]),
    row('Response p50', ({ response }) => response.p50),
    row('Response p99', ({ response }) => response.p99),
    row('Response p99.9', ({ response }) => response.p999),
    row('Response max', ({ response }) => response.max),
    row('Service p99', ({ service }) => service.p99),
    row('Start lag p99', ({ lag }) => lag.p99),
    [
      'Failed',
      count(failedUntil(report, window.fromMs, window.toMs)),
      ...(partial ? [count(failedUntil(report, judged.fromMs, judged.toMs))] : []),
    ],
  ];
  const head = ['', 'whole run', ...(partial ? [`${clock(judged.fromMs)} to ${clock(judged.toMs)}`] : [])];
  return table(rows, { head, right: new Set([1, 2]), indent: '  ', paintHead: style.dim });
}

function answers({ totals }: LoadReport): string {
  const codes = Object.entries(totals.codes).map(([code, n]) => `${code} ${count(n)}`);
  const errors = Object.entries(totals.errors).map(([layer, n]) => `${layer} ${count(n)}`);
  const events =
    totals.accepted === null
      ? []
      : [`${count(totals.accepted)} events accepted, ${count(totals.rejected ?? 0)} rejected`];
  return [...codes, ...errors, ...events].join(', ');
}

function objectiveLine({ objective, judged, state }: ObjectiveResult, style: Style): string {
  const { ok, bad, none } = style.symbols;
  const sign = { met: style.good(ok), missed: style.bad(bad), 'not-judged': style.warning(none) }[state];
  const isShare = /^(errors|within)/.test(objective);
  const value =
    judged === null
      ? ''
      : isShare
        ? `${Number((judged * 100).toPrecision(4))} %`
        : /^achieved/.test(objective)
          ? perSecond(judged)
          : ms(judged);
  const word = state === 'not-judged' ? 'not judged' : state === 'missed' ? `missed: ${value}` : value;
  return `  ${sign} ${pad(printable(objective), 26)}  ${word}`;
}

function verificationLines({ verification }: LoadReport, style: Style): readonly string[] {
  if (!verification) return [];
  const { accepted, stored, missing, duplicates, unacknowledged, freshness, state } = verification;
  const { ok, bad, none } = style.symbols;
  const sign = { met: style.good(ok), missed: style.bad(bad), 'not-judged': style.warning(none) }[state];
  const wrong = [
    missing > 0 && `${count(missing)} missing`,
    duplicates > 0 && `${count(duplicates)} rows too many`,
  ];
  const more = [
    ...wrong.filter(Boolean),
    unacknowledged > 0 && `${count(unacknowledged)} stored without an answer`,
  ].filter(Boolean);
  const fresh = freshness
    ? [
        `    ${pad('queryable after', 26)}  p50 ${freshness.p50.toFixed(1)} s, p99 ${freshness.p99.toFixed(1)} s, max ${freshness.max.toFixed(1)} s`,
      ]
    : [];
  return [
    `  ${sign} ${pad('accepted = stored, once', 26)}  ${count(stored)} of ${count(accepted)}${more.length > 0 ? `; ${more.join(', ')}` : ''}`,
    ...fresh,
  ];
}

/** What a person can do about the verdict, or null. */
function nextStep({ verdict, notes, plan, client, series }: LoadReport): string | null {
  if (verdict === 'inconclusive') return 'A longer --duration, or a higher --rate.';
  if (verdict !== 'client-limited') return null;
  if (notes.some(({ code }) => code === 'backlog'))
    return `--connections ${plan.connections * 4}: requests waited for one.`;
  const busy = Math.max(0, ...series.utilisation) >= BUSY;
  if (!busy)
    return 'Run it again while nothing else uses this machine: requests were late though it was not busy.';
  const more = plan.workers < client.cores ? `--workers ${plan.workers + 1}, or run` : 'Run';
  return `${more} from a machine with more free cores.`;
}

/** @param files what else was written */
export function loadSummary(
  report: LoadReport,
  files: readonly string[],
  style: Style,
  width: number,
): string {
  const head = `${WORDS[report.verdict]}  ${report.headline}`;
  const lines = wrap(head, width - 2);
  const search = report.search?.map(
    (step) =>
      `    ${perSecond(step.rate).padStart(10)}  ${pad(step.state === 'met' ? 'met' : step.state === 'missed' ? 'missed' : 'not judged', 10)}  response p99 ${ms(step.responseP99)}`,
  );
  const said = answers(report);
  const step = nextStep(report);
  const judgements = [
    ...report.objectives.map((one) => objectiveLine(one, style)),
    ...verificationLines(report, style),
  ];
  const ends = [
    ...report.notes.map(({ text, atMs }) =>
      labelled('Note', `${atMs === undefined ? '' : `${clock(atMs)}  `}${text}`, style, width),
    ),
    ...(step ? [labelled('Next', step, style, width)] : []),
    ...files.map((file) => labelled('Report', file, style, width)),
  ];
  return [
    `${mark(report, style)} ${style.bold(lines[0]!)}`,
    ...lines.slice(1).map((line) => `  ${line}`),
    ...wrap(report.explanation, width - 2).map((line) => `  ${line}`),
    '',
    figures(report, style),
    ...(said ? [`  ${pad('Answers', 16)}${said}`] : []),
    ...(judgements.length > 0 ? ['', ...judgements] : []),
    ...(search ? ['', `  ${style.dim('Search')}`, ...search] : []),
    ...(ends.length > 0 ? ['', ...ends] : []),
  ].join('\n');
}

function labelled(label: string, text: string, style: Style, width: number): string {
  const [first = '', ...rest] = wrap(printable(text), width - 10);
  return [`  ${style.dim(pad(label, 8))}${first}`, ...rest.map((line) => `          ${line}`)].join('\n');
}
