import type {
  Latencies,
  LatencyKind,
  LoadReport,
  LoadTotals,
  LoadVerdict,
  ObjectiveResult,
} from '../load/report.js';
import { meets, type Objective, parseObjective } from '../objectives.js';
import { decodeHistogram } from './histogram.js';

export const KINDS: readonly LatencyKind[] = ['response', 'service', 'lag'];

interface Merged {
  readonly verdict: LoadVerdict;
  readonly whole: Latencies;
  readonly judged: Latencies | null;
  readonly totals: LoadTotals;
}

/** The objectives of all parts, judged on what was merged. None is judged that a part could not judge. */
export function judgeAgain(parts: readonly LoadReport[], merged: Merged): ObjectiveResult[] {
  const texts = [...new Set(parts.flatMap(({ objectives }) => objectives.map(({ objective }) => objective)))];
  return texts.sort().map((text) => {
    const results = parts.map((part) => part.objectives.find(({ objective }) => objective === text));
    const objective = parseObjective(text, KINDS);
    const of = (latencies: Latencies, key: 'whole' | 'judged') =>
      objective.metric.kind === 'errors'
        ? average(parts, results, key)
        : figure(objective, latencies, merged.totals);
    const whole = of(merged.whole, 'whole');
    const judged = merged.judged && of(merged.judged, 'judged');
    const judgeable =
      merged.verdict !== 'client-limited' && results.every((result) => result?.state !== 'not-judged');
    const state = !judgeable || judged === null ? 'not-judged' : meets(objective, judged) ? 'met' : 'missed';
    return { objective: text, whole, judged, state };
  });
}

/** Null where the report holds no such figure: nothing was answered, or it is none of a load test. */
function figure({ metric }: Objective, latencies: Latencies, totals: LoadTotals): number | null {
  if (metric.kind === 'achieved') return totals.achieved;
  if (metric.kind !== 'latency') return null;
  const figures = latencies[(metric.of ?? 'response') as LatencyKind];
  if (figures.count === 0) return null;
  if (typeof metric.figure === 'string') return figures[metric.figure];
  return decodeHistogram(figures.histogram).getValueAtPercentile(metric.figure) / 1000;
}

/** Failed requests are known by window in the parts only: their shares, weighed by requests. Null where no part knows. */
function average(
  parts: readonly LoadReport[],
  results: readonly (ObjectiveResult | undefined)[],
  key: 'whole' | 'judged',
): number | null {
  let planned = 0;
  let sum = 0;
  for (const [i, result] of results.entries()) {
    const value = result?.[key] ?? null;
    if (value === null) continue;
    planned += parts[i]!.totals.planned;
    sum += value * parts[i]!.totals.planned;
  }
  return planned === 0 ? null : sum / planned;
}
