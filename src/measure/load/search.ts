/** Looks for the highest rate that meets every objective: doubles until one is missed, then closes in. */
import type { LoadtestOptions } from './options.js';
import type { LoadReport, SearchStep } from './report.js';
import { loadtest, type Watch } from './run.js';

/** The answer is this close to the lowest rate that missed. */
const CLOSE = 1.05;
const MOST_STEPS = 16;
const LEAST_RATE = 1;
const ATTEMPTS = 3;

/**
 * The rate to try next, or null when the search is over. Pure.
 * @param start the first rate, requests/s
 */
export function nextRate(steps: readonly Pick<SearchStep, 'rate' | 'state'>[], start: number): number | null {
  if (steps.length >= MOST_STEPS) return null;
  const met = Math.max(0, ...steps.filter(({ state }) => state === 'met').map(({ rate }) => rate));
  const missed = Math.min(...steps.filter(({ state }) => state !== 'met').map(({ rate }) => rate));
  if (steps.length === 0) return start;
  if (met === 0) return missed <= LEAST_RATE ? null : Math.max(LEAST_RATE, missed / 4);
  if (missed === Number.POSITIVE_INFINITY) return met * 2;
  // The geometric mean: rates differ by factors.
  return missed / met <= CLOSE ? null : round(Math.sqrt(met * missed));
}

const round = (rate: number): number => (rate < 100 ? rate : Math.round(rate));

const stepOf = (rate: number, report: LoadReport): SearchStep => {
  const states = report.objectives.map(({ state }) => state);
  const behind = report.verdict === 'target-limited';
  const state =
    states.includes('missed') || behind
      ? 'missed'
      : states.every((each) => each === 'met')
        ? 'met'
        : 'not-judged';
  return {
    rate,
    state,
    verdict: report.verdict,
    achieved: report.totals.achieved,
    responseP99: report.latency.whole.response.count > 0 ? report.latency.whole.response.p99 : null,
  };
};

/**
 * Runs the plan at one rate after another, each as long as the curve says. The report is that of the best run.
 * Errors: those of `loadtest`.
 */
export async function findMax(
  options: LoadtestOptions & {
    readonly curve: { readonly kind: 'constant'; readonly rate: number; readonly durationMs: number };
  },
  watch: Watch = {},
): Promise<LoadReport> {
  const { curve } = options;
  const steps: SearchStep[] = [];
  let best: LoadReport | null = null;
  let last: LoadReport | null = null;
  for (let rate: number | null = curve.rate; rate !== null; rate = nextRate(steps, curve.rate)) {
    last = await tried({ ...options, curve: { ...curve, rate } }, watch);
    if (last.exitCode === 130) break;
    const step = stepOf(rate, last);
    steps.push(step);
    if (step.state === 'met' && rate > (best?.totals.offered ?? 0)) best = last;
  }
  return concluded(best, last!, steps);
}

/** A run in which this machine was late says nothing: it gets a second chance, and a third. */
async function tried(options: LoadtestOptions, watch: Watch): Promise<LoadReport> {
  for (let attempt = 1; ; attempt++) {
    const report = await loadtest(options, watch);
    const unclear = report.objectives.some(({ state }) => state === 'not-judged');
    if (!unclear || report.exitCode === 130 || attempt === ATTEMPTS) return report;
  }
}

function concluded(best: LoadReport | null, last: LoadReport, steps: readonly SearchStep[]): LoadReport {
  const report = best ?? last;
  const interrupted = last.exitCode === 130;
  // Where only this machine stood in the way, the target may be able to do more.
  const top = Math.min(...steps.filter(({ state }) => state !== 'met').map(({ rate }) => rate));
  const blocked = steps.some(({ rate, state }) => rate === top && state === 'not-judged');
  const rate = Math.round(best?.totals.offered ?? 0).toLocaleString('en-US');
  const said = best
    ? blocked || interrupted
      ? [
          `At least ${rate} requests/s meet every objective.`,
          interrupted ? 'The search was interrupted.' : 'Beyond that this machine was the limit.',
        ]
      : [
          `${rate} requests/s is the highest rate that met every objective.`,
          'A rate 5 % above it was tried and missed.',
        ]
    : ['No rate was found that meets every objective.', report.explanation];
  return {
    ...report,
    verdict: best && blocked ? 'client-limited' : report.verdict,
    headline: said[0]!,
    explanation: said[1]!,
    exitCode: interrupted ? 130 : best ? (blocked ? 5 : 0) : report.exitCode,
    search: steps,
  };
}
