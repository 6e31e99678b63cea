/** The document that `loadtest --json` prints: the report, and beside it the short names that scripts rely on. */
import type { LatencyFigures, LoadReport } from '../measure/load/report.js';

const short = ({ p50, p90, p99, p999, max }: LatencyFigures) => ({ p50, p90, p99, p999, max });

export function loadDocument(report: LoadReport): object {
  const { totals, latency, client, plan, window, series } = report;
  const rows = series.utilisation.slice(window.fromMs / series.stepMs);
  const mean = rows.reduce((sum, value) => sum + value, 0) / Math.max(1, rows.length);
  return {
    ...report,
    unit: 'ms',
    offeredRate: totals.offered,
    achievedRate: totals.achieved,
    durationSeconds: (window.toMs - window.fromMs) / 1000,
    response: short(latency.whole.response),
    service: short(latency.whole.service),
    startLag: short(latency.whole.lag),
    codes: totals.codes,
    errors: totals.errors,
    client: { ...client, eventLoopUtilization: Number(mean.toFixed(4)), workers: plan.workers },
    slo: report.objectives.map(({ objective, state }) => ({ expression: objective, met: state === 'met' })),
  };
}
