import type {
  Latencies,
  LoadClient,
  LoadPlan,
  LoadReport,
  LoadVerdict,
  Note,
  ObjectiveResult,
  ObjectiveState,
  Span,
  Verification,
} from '../load/report.js';
import { mergeFigures } from './histogram.js';
import { judgeAgain } from './merge-objectives.js';
import { mergeSeries } from './merge-series.js';
import { mergedExplanation, mergedHeadline, mergedNotes } from './merge-texts.js';
import { mergeTotals } from './merge-totals.js';

/** Worst first: what a client could not send, no target can be judged on. */
const WORST_FIRST: readonly LoadVerdict[] = ['client-limited', 'target-limited', 'inconclusive', 'ok'];

/**
 * Several reports as one, in any order: histograms and totals are summed without loss, series aligned by absolute
 * time, objectives judged again on the sums. A report given twice counts once. One report is returned as it is.
 *
 * Rates add up: merge runs of one time and target. What does not hold for the whole says so in `notes`.
 * @throws RangeError without reports
 */
export function mergeLoad(reports: readonly LoadReport[]): LoadReport {
  const parts = distinct(reports);
  const [first] = parts;
  if (!first) throw new RangeError('Expected at least one report to merge, got none.');
  if (parts.length === 1) return first;
  const startedAt = first.startedAt;
  const whole = mergeLatencies(parts.map(({ latency }) => latency.whole));
  const window = union(parts.map((part) => shifted(part.window, part, startedAt)));
  const judgedSpan = mergeJudged(parts, startedAt, window);
  const judged = judgedSpan && mergeLatencies(parts.map(({ latency }) => latency.judged!));
  const verdict = WORST_FIRST.find((each) => parts.some((part) => part.verdict === each))!;
  const series = mergeSeries(parts, startedAt);
  const totals = mergeTotals(parts, series, window);
  const objectives = judgeAgain(parts, { verdict, whole, judged, totals });
  const verification = mergeVerification(parts);
  const merged = {
    ...first,
    run: joined(
      parts.flatMap(({ run }) => run.split('+')),
      '+',
    ),
    target: joined(
      parts.map(({ target }) => target),
      ', ',
    ),
    command:
      joined(
        parts.map(({ command }) => command ?? ''),
        '\n',
      ) || null,
    plan: mergePlan(parts),
    client: mergeClient(parts),
    verdict,
    exitCode: exitCode(parts, verdict, objectives, verification),
    window,
    judged: judgedSpan,
    totals,
    latency: { whole, judged },
    series,
    objectives,
    verification,
    search: null,
  };
  return {
    ...merged,
    headline: mergedHeadline(merged, parts.length),
    explanation: mergedExplanation(merged, parts),
    notes: [...mergedNotes(parts, reports.length - parts.length), ...shiftedNotes(parts, startedAt)],
  };
}

/** In an order of their own, so that neither sums of fractions nor texts depend on the order given. */
function distinct(reports: readonly LoadReport[]): LoadReport[] {
  const texts = new Map(reports.map((report) => [JSON.stringify(report), report]));
  return [...texts]
    .sort(([a, x], [b, y]) => x.startedAt - y.startedAt || (a < b ? -1 : 1))
    .map(([, report]) => report);
}

function mergeLatencies(parts: readonly Latencies[]): Latencies {
  return {
    response: mergeFigures(parts.map(({ response }) => response)),
    service: mergeFigures(parts.map(({ service }) => service)),
    lag: mergeFigures(parts.map(({ lag }) => lag)),
  };
}

const shifted = (span: Span, part: LoadReport, startedAt: number): Span => ({
  fromMs: span.fromMs + part.startedAt - startedAt,
  toMs: span.toMs + part.startedAt - startedAt,
});

const union = (spans: readonly Span[]): Span => ({
  fromMs: Math.min(...spans.map(({ fromMs }) => fromMs)),
  toMs: Math.max(...spans.map(({ toMs }) => toMs)),
});

/** The time in which every client kept up; null where there is none, and then nothing is judged. */
function mergeJudged(parts: readonly LoadReport[], startedAt: number, window: Span): Span | null {
  const judged = parts.filter((part) => part.judged && part.latency.judged);
  if (judged.length < parts.length) return null;
  const lasting = judged.every((part) => part.judged!.toMs >= part.window.toMs);
  if (lasting) return window;
  const spans = judged.map((part) => shifted(part.judged!, part, startedAt));
  const fromMs = Math.max(...spans.map((span) => span.fromMs));
  const toMs = Math.min(...spans.map((span) => span.toMs));
  return fromMs < toMs ? { fromMs, toMs } : null;
}

function joined(texts: readonly string[], by: string): string {
  return [...new Set(texts)]
    .filter((text) => text !== '')
    .sort()
    .join(by);
}

function mergePlan(parts: readonly LoadReport[]): LoadPlan {
  const plans = parts.map(({ plan }) => plan);
  const most = (of: (plan: LoadPlan) => number) => Math.max(...plans.map(of));
  const total = (of: (plan: LoadPlan) => number) => plans.reduce((sum, plan) => sum + of(plan), 0);
  const sent = parts.reduce((sum, { totals }) => sum + totals.sent, 0);
  const bytes = parts.reduce((sum, { plan, totals }) => sum + plan.bodyBytes * totals.sent, 0);
  const batches = new Set(plans.map(({ batch }) => batch));
  return {
    // A closed loop slows down with its target: with one among them, the whole is no open model.
    model: plans.every(({ model }) => model === 'open') ? 'open' : 'closed',
    pace: joined(
      plans.map(({ pace }) => pace),
      '; ',
    ),
    durationMs: most(({ durationMs }) => durationMs),
    warmupMs: most(({ warmupMs }) => warmupMs),
    drainMs: most(({ drainMs }) => drainMs),
    timeoutMs: most(({ timeoutMs }) => timeoutMs),
    connections: total(({ connections }) => connections),
    workers: total(({ workers }) => workers),
    batch: batches.size === 1 ? plans[0]!.batch : null,
    payload: joined(
      plans.map(({ payload }) => payload),
      '; ',
    ),
    bodyBytes: sent === 0 ? most(({ bodyBytes }) => bodyBytes) : Math.round(bytes / sent),
    precise: plans.every(({ precise }) => precise),
  };
}

function mergeClient(parts: readonly LoadReport[]): LoadClient {
  const clients = parts.map(({ client }) => client);
  return {
    node: joined(
      clients.map(({ node }) => node),
      ', ',
    ),
    platform: joined(
      clients.map(({ platform }) => platform),
      ', ',
    ),
    cpu: joined(
      clients.map(({ cpu }) => cpu),
      ', ',
    ),
    // Whether the reports come from one machine or several, they do not say: the cores of the largest.
    cores: Math.max(...clients.map(({ cores }) => cores)),
    timerMs: Math.max(...clients.map(({ timerMs }) => timerMs)),
  };
}

/** Sums. Percentiles of freshness cannot be merged: the highest of any part is never below that of the whole. */
function mergeVerification(parts: readonly LoadReport[]): Verification | null {
  const found = parts.flatMap(({ verification }) => verification ?? []);
  if (found.length === 0) return null;
  const total = (of: (each: Verification) => number) => found.reduce((sum, each) => sum + of(each), 0);
  const fresh = found.flatMap(({ freshness }) => freshness ?? []);
  const slowest = (figure: 'p50' | 'p99' | 'max') => Math.max(...fresh.map((each) => each[figure]));
  const states = found.map(({ state }) => state);
  return {
    accepted: total(({ accepted }) => accepted),
    stored: total(({ stored }) => stored),
    missing: total(({ missing }) => missing),
    duplicates: total(({ duplicates }) => duplicates),
    unacknowledged: total(({ unacknowledged }) => unacknowledged),
    freshness:
      fresh.length < found.length ? null : { p50: slowest('p50'), p99: slowest('p99'), max: slowest('max') },
    state: found.length < parts.length && !states.includes('missed') ? 'not-judged' : worstState(states),
  };
}

const worstState = (states: readonly ObjectiveState[]): ObjectiveState =>
  (['missed', 'not-judged', 'met'] as const).find((state) => states.includes(state)) ?? 'met';

/** As a run by itself ends: what this machine limited never passes, a miss is a miss even so. */
function exitCode(
  parts: readonly LoadReport[],
  verdict: LoadVerdict,
  objectives: readonly ObjectiveResult[],
  verification: Verification | null,
): number {
  const states = [...objectives.map(({ state }) => state), verification?.state ?? 'met'];
  if (parts.some((part) => part.exitCode === 130)) return 130;
  if (verdict === 'client-limited') return 5;
  if (states.includes('missed')) return 3;
  if (verdict === 'inconclusive' || states.includes('not-judged')) return 5;
  return parts.every((part) => part.exitCode === 1) ? 1 : 0;
}

function shiftedNotes(parts: readonly LoadReport[], startedAt: number): Note[] {
  return parts.flatMap((part) =>
    part.notes.map((note) =>
      note.atMs === undefined ? note : { ...note, atMs: note.atMs + part.startedAt - startedAt },
    ),
  );
}
