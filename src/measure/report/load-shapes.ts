import type { LoadReport, LoadSeries, Span } from '../load/report.js';

/**
 * What a load test's data show, as data: what the titles of the report's sections are made of. Pure; each says
 * nothing that the series and totals do not bear out.
 */

export type RateShape =
  | { readonly kind: 'nothing' | 'unanswered' | 'followed' }
  | { readonly kind: 'closed'; readonly rate: number }
  /** Fell behind and stayed behind to the end. */
  | { readonly kind: 'behind'; readonly atMs: number }
  | { readonly kind: 'dips'; readonly spans: readonly Span[]; readonly caughtUp: boolean };

/** Behind the plan by this share is worth saying; by the smaller one, it is where that began. */
const BEHIND = 0.1;
const BEGINS = 0.02;
/** Requests on the edge between two intervals count in either. */
const EDGE = 2;

export function rateShape({ plan, series, totals, window }: LoadReport): RateShape {
  if (totals.planned === 0) return { kind: 'nothing' };
  if (totals.answered === 0) return { kind: 'unanswered' };
  if (plan.model === 'closed') return { kind: 'closed', rate: totals.achieved };
  const { stepMs, offered, achieved } = series;
  const requests = (rate: number) => (rate * stepMs) / 1000;
  const lag = (i: number) => requests(offered[i]!) - requests(achieved[i]!);
  const lags = (i: number, share: number) =>
    i * stepMs >= window.fromMs && lag(i) > Math.max(EDGE, requests(offered[i]!) * share);
  const spans = spansWhere(series, (i) => lags(i, BEHIND)).map(({ fromMs, toMs }) => {
    // It began when the plan was first missed by more than chance.
    let first = Math.round(fromMs / stepMs);
    while (first > 0 && lags(first - 1, BEGINS)) first -= 1;
    return { fromMs: first * stepMs, toMs };
  });
  if (spans.length === 0) return { kind: 'followed' };
  const last = spans.at(-1)!;
  const toEnd = last.toMs >= offered.length * stepMs;
  if (toEnd && (spanIntervals(last, stepMs) > 1 || offered.length === 1))
    return { kind: 'behind', atMs: last.fromMs };
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return { kind: 'dips', spans, caughtUp: sum(achieved) >= 0.99 * sum(offered) };
}

export type LatencyShape =
  | { readonly kind: 'none' | 'together' }
  /** Both rose: far above the usual p99, which is the median of the intervals'. */
  | { readonly kind: 'peak'; readonly atMs: number; readonly p99: number; readonly usual: number }
  | { readonly kind: 'apart'; readonly spans: readonly Span[]; readonly serviceFlat: boolean };

export function latencyShape({ series, window }: LoadReport): LatencyShape {
  const { responseP99: response, serviceP99: service, stepMs } = series;
  const judged = (i: number) => i * stepMs >= window.fromMs;
  const known = response.flatMap((value, i) => (value !== null && judged(i) ? [value] : []));
  if (known.length === 0) return { kind: 'none' };
  const usualService = median(service.flatMap((value, i) => (value !== null && judged(i) ? [value] : [])));
  // Service is told by the interval of the answer, response by that of the plan: as much earlier as it took.
  const serviceOf = (i: number) => {
    const later = service.slice(i, i + 1 + Math.ceil((response[i] ?? 0) / stepMs));
    const answered = later.filter((value) => value !== null);
    return answered.length === 0 ? usualService : Math.max(...answered);
  };
  const apart = (i: number) => {
    const whole = response[i] ?? null;
    return judged(i) && whole !== null && whole - serviceOf(i) > Math.max(5, 0.5 * serviceOf(i));
  };
  const spans = spansWhere(series, apart);
  if (spans.length > 0) {
    const highest = Math.max(...service.map((_, i) => (apart(i) ? serviceOf(i) : 0)));
    return { kind: 'apart', spans, serviceFlat: highest <= 2 * usualService };
  }
  const usual = median(known);
  const p99 = Math.max(...known);
  if (known.length < 3 || p99 < 5 * usual) return { kind: 'together' };
  return { kind: 'peak', atMs: response.indexOf(p99) * stepMs, p99, usual };
}

export interface ClientShape {
  readonly utilisation: number;
  /** p99 of the worst interval, ms; null where nothing was sent. */
  readonly lag: number | null;
  /** First interval beyond either limit. */
  readonly limitedAtMs: number | null;
}

export const BUSY = 0.6;
export const TOO_BUSY = 0.8;
export const TOO_LATE_MS = 5;

export function clientShape({ series, window, notes }: LoadReport): ClientShape {
  const inside = (i: number) => i * series.stepMs >= window.fromMs;
  const utilisation = Math.max(0, ...series.utilisation.filter((_, i) => inside(i)));
  const lags = series.lagP99.filter((lag, i): lag is number => lag !== null && inside(i));
  const first = series.utilisation.findIndex(
    (value, i) => inside(i) && (value >= TOO_BUSY || (series.lagP99[i] ?? 0) > TOO_LATE_MS),
  );
  const said = notes.find(
    ({ code, atMs }) => /^(client-limited|backlog)$/.test(code) && atMs !== undefined,
  )?.atMs;
  return {
    utilisation,
    lag: lags.length === 0 ? null : Math.max(...lags),
    limitedAtMs: said ?? (first < 0 ? null : first * series.stepMs),
  };
}

/** Stretches of intervals that meet the condition. */
function spansWhere({ stepMs, offered }: LoadSeries, meets: (i: number) => boolean): Span[] {
  const spans: Span[] = [];
  let from: number | null = null;
  for (let i = 0; i <= offered.length; i += 1) {
    const met = i < offered.length && meets(i);
    if (met && from === null) from = i;
    if (!met && from !== null) {
      spans.push({ fromMs: from * stepMs, toMs: i * stepMs });
      from = null;
    }
  }
  return spans;
}

const spanIntervals = ({ fromMs, toMs }: Span, stepMs: number): number =>
  Math.round((toMs - fromMs) / stepMs);

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The part of the run that objectives do not look at because the client could not keep up; null where there is none. */
export function notJudged({ verdict, judged, window }: LoadReport): Span | null {
  if (judged === null) return verdict === 'client-limited' ? window : null;
  return judged.toMs < window.toMs ? { fromMs: judged.toMs, toMs: window.toMs } : null;
}
