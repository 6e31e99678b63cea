/** The report of a run from its ledger. Pure but for naming this machine. */
import { availableParallelism, cpus } from 'node:os';
import { figuresOf } from './figures.js';
import { isShortOfConnections, LAG_MS, LIMIT } from './judge.js';
import type { Ledger, Sums } from './ledger.js';
import { notesOf } from './notes.js';
import type { LoadtestOptions, Planned } from './options.js';
import type { Latencies, LoadReport, LoadTotals, Note, Span } from './report.js';
import { type Part, score } from './score.js';
import { exitCodeOf, type Facts, sentences, verdictOf } from './verdict.js';
import type { Verified } from './verify.js';
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
  readonly verified: Verified | null;
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
  const inside = ledger.totals(ledger.firstRow, Math.ceil(window.toMs / plan.stepMs));
  const all = ledger.totals(0);
  const seconds = (window.toMs - window.fromMs) / 1000;
  const { offered, achieved } = ledger.series(window.toMs);
  // The rest of an interval, where a run was cut short, is no second.
  const full = Math.max(1, Math.floor(window.toMs / plan.stepMs));
  const top = (rates: readonly number[]) => Math.max(0, ...rates.slice(ledger.firstRow, full));
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
    offeredMax: top(offered),
    achievedMax: top(achieved),
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

/** Where the measured part of the run lies, and the part of it that is judged. */
function spansOf({ ends, plan, ledger }: Measured) {
  const endedMs = Math.max(0, Math.min(plan.durationMs, ...ends.map((end) => end.endedMs)));
  const window = { fromMs: Math.min(plan.warmupMs, endedMs), toMs: endedMs };
  const limited = limitOf(ledger, ledger.busyRows());
  // From here on the ledger's own judgement, which is made while the run lasts, is the final one.
  ledger.limitedRow = limited;
  return { window, limited, judged: judgedSpan(window, limited, plan.stepMs) };
}

/** What a span of the run holds. */
function partIn({ ledger, plan, verified }: Measured, sums: Sums, { fromMs, toMs }: Span): Part {
  const { stepMs } = plan;
  const totals = ledger.totals(fromMs / stepMs, Math.ceil(toMs / stepMs));
  return { sums, ...totals, lengthMs: toMs - fromMs, within: verified?.within ?? null };
}

/** The report of a run that is over. */
export function reportOf(measured: Measured): LoadReport {
  const { ledger, plan, options } = measured;
  const { window, limited, judged } = spansOf(measured);
  const sums = judged && ledger.judged();
  const whole = partIn(measured, ledger.whole, window);
  const part = judged && sums && partIn(measured, sums, judged);
  const enough = whole.planned >= LEAST_REQUESTS;
  const objectives = (options.objectives ?? []).map((one) =>
    score(one, whole, part, limited === null && enough),
  );
  const facts: Facts = {
    ...{ model: plan.model, totals: totalsOf(measured, window), enough, judged, objectives },
    limited: limited !== null,
    short: limited !== null && isShort(ledger, limited),
    interrupted: measured.notes.some(({ code }) => code === 'interrupted'),
    offeredInJudged: Math.max(0, ...ledger.series(judged?.toMs ?? 0).offered),
    verified: measured.verified && measured.verified.verification.state !== 'missed',
  };
  const verdict = verdictOf(facts);
  const [headline, explanation] = sentences(facts, verdict);
  return {
    kind: 'stargate.loadtest',
    version: 1,
    ...{ run: measured.run, startedAt: measured.startedAt, target: plan.url.href },
    command: options.command ?? null,
    plan: planDocument(measured),
    client: clientOf(measured.timerMs),
    ...{ verdict, headline, explanation, exitCode: exitCodeOf(facts, verdict), window, judged },
    totals: facts.totals,
    latency: { whole: latenciesOf(ledger.whole), judged: sums && latenciesOf(sums) },
    series: ledger.series(window.toMs),
    objectives,
    verification: measured.verified?.verification ?? null,
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
