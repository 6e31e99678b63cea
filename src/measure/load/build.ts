/** The report of a run from its ledger. Pure but for naming this machine. */
import { availableParallelism, cpus } from 'node:os';
import { figuresOf } from './figures.js';
import { isShortOfConnections, LAG_MS, LIMIT } from './judge.js';
import type { Ledger, Sums } from './ledger.js';
import { notesOf } from './notes.js';
import type { LoadtestOptions, Planned } from './options.js';
import type { Latencies, LoadReport, LoadTotals, Note, Span } from './report.js';
import { partOf, score } from './score.js';
import { exitCodeOf, type Facts, sentences, verdictOf } from './verdict.js';
import type { SenderEnd } from './wire.js';

export interface Measured {
  readonly run: string;
  readonly startedAt: number;
  readonly options: LoadtestOptions;
  readonly plan: Planned;
  readonly ledger: Ledger;
  readonly ends: readonly SenderEnd[];
  readonly notes: readonly Note[];
  readonly timerMs: number;
}

/** Requests below which nothing is concluded, and the shortest part that is judged. */
const LEAST_REQUESTS = 100;
const LEAST_JUDGED_MS = 1_000;

const latenciesOf = (sums: Sums): Latencies => ({
  response: figuresOf(sums.response),
  service: figuresOf(sums.service),
  lag: figuresOf(sums.lag),
});

/** The first interval in which this machine was the limit, or null. Also looks at the whole: many small delays add up. */
function limitOf(ledger: Ledger, busy: readonly boolean[]): number | null {
  if (ledger.limitedRow !== null) return ledger.limitedRow;
  const part = ledger.rows.slice(ledger.firstRow, busy.length);
  const mean = part.reduce((sum, { utilisation }) => sum + utilisation, 0) / Math.max(1, part.length);
  if (figuresOf(ledger.whole.lag).p99 <= LAG_MS && mean < LIMIT) return null;
  const first = busy.indexOf(true);
  return first < 0 ? ledger.firstRow : first;
}

function totalsOf({ ledger, plan }: Measured, window: Span): LoadTotals {
  const lastRow = Math.ceil(window.toMs / plan.stepMs);
  const inside = ledger.totals(ledger.firstRow, lastRow);
  const all = ledger.totals(0);
  const seconds = (window.toMs - window.fromMs) / 1000;
  const { offered, achieved } = ledger.series(window.toMs);
  return {
    planned: all.planned,
    sent: ledger.sent,
    answered: ledger.answered,
    codes: { ...ledger.codes },
    errors: { ...ledger.errors },
    failed: all.failed,
    accepted: ledger.accepted,
    rejected: ledger.rejected,
    bytesSent: ledger.bytesSent,
    bytesReceived: ledger.bytesReceived,
    offeredMax: Math.max(0, ...offered),
    achievedMax: Math.max(0, ...achieved),
    achieved: seconds > 0 ? inside.answered / seconds : 0,
    offered: seconds > 0 ? inside.planned / seconds : 0,
  };
}

const clientOf = (timerMs: number) => ({
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  timerMs,
});

function planDocument({ options, plan, ends }: Measured): LoadReport['plan'] {
  const { model, pace, durationMs, warmupMs, drainMs, timeoutMs, connections, workers } = plan;
  return {
    ...{ model, pace, durationMs, warmupMs, drainMs, timeoutMs, connections, workers },
    batch: options.payload.kind === 'events' ? options.payload.batch : null,
    payload: options.payloadText,
    bodyBytes: Math.round(ends.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0) / Math.max(1, ends.length)),
    precise: options.precise ?? false,
  };
}

/** The part in which the client kept up, or null where that is too short to say anything. */
function judgedSpan(window: Span, limited: number | null, stepMs: number): Span | null {
  if (limited === null) return window;
  const toMs = Math.min(window.toMs, limited * stepMs);
  return toMs - window.fromMs < LEAST_JUDGED_MS ? null : { fromMs: window.fromMs, toMs };
}

export function reportOf(measured: Measured): LoadReport {
  const { ledger, plan, options, ends } = measured;
  const endedMs = Math.max(0, Math.min(plan.durationMs, ...ends.map((end) => end.endedMs)));
  const window = { fromMs: Math.min(plan.warmupMs, endedMs), toMs: endedMs };
  const busy = ledger.busyRows();
  const limited = limitOf(ledger, busy);
  ledger.limitedRow = limited;
  const judged = judgedSpan(window, limited, plan.stepMs);
  const totals = totalsOf(measured, window);
  const sums = judged && ledger.judged();
  const lastRow = Math.ceil(endedMs / plan.stepMs);
  const wholePart = partOf(ledger, ledger.whole, ledger.firstRow, lastRow, window.toMs - window.fromMs);
  const judgedPart =
    judged &&
    sums &&
    partOf(ledger, sums, ledger.firstRow, Math.ceil(judged.toMs / plan.stepMs), judged.toMs - judged.fromMs);
  const enough = wholePart.planned >= LEAST_REQUESTS;
  const objectives = (options.objectives ?? []).map((one) =>
    score(one, wholePart, judgedPart, limited === null && enough),
  );
  const facts: Facts = {
    model: plan.model,
    totals,
    limited: limited !== null,
    short: limited !== null && isShort(ledger, limited),
    enough,
    interrupted: measured.notes.some(({ code }) => code === 'interrupted'),
    judged,
    offeredInJudged: Math.max(0, ...ledger.series(judged?.toMs ?? 0).offered),
    objectives,
    verified: null,
  };
  const verdict = verdictOf(facts);
  const [headline, explanation] = sentences(facts, verdict);
  return {
    kind: 'stargate.loadtest',
    version: 1,
    run: measured.run,
    startedAt: measured.startedAt,
    target: plan.url.href,
    command: options.command ?? null,
    plan: planDocument(measured),
    client: clientOf(measured.timerMs),
    verdict,
    headline,
    explanation,
    exitCode: exitCodeOf(facts, verdict),
    window,
    judged,
    totals,
    latency: { whole: latenciesOf(ledger.whole), judged: sums && latenciesOf(sums) },
    series: ledger.series(endedMs),
    objectives,
    verification: null,
    search: null,
    notes: [...notesOf(ledger, facts, plan, limited), ...measured.notes],
  };
}

function isShort(ledger: Ledger, row: number): boolean {
  const found = ledger.rows[row];
  return (
    found !== undefined && isShortOfConnections(found, ledger.rows[row - 1] ?? null, ledger.freeServiceMs)
  );
}
