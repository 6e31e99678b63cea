/** Objectives against what was measured: by the upper bounds, and only with enough probes. */
import { StargateError } from '../../errors.js';
import { meets, type Objective, parseObjective } from '../objectives.js';
import { countWithin, type Ends, percentileBounds, shareWithin } from './bounds.js';
import { fewestProbes, refutes } from './order.js';
import type { FreshnessObjective } from './report.js';

/** An objective of freshness: the share `p` within `limitMs`, however it was written. */
export interface FreshnessGoal {
  readonly objective: Objective;
  readonly p: number;
  readonly limitMs: number;
}

/** Reads `p99<2s` and `within 10s >= 99%`. Errors: STG_OPTION_INVALID. */
export function parseGoal(text: string): FreshnessGoal {
  const objective = parseObjective(text);
  const { metric, bound } = objective;
  if (metric.kind === 'within') return { objective, p: bound, limitMs: metric.limitMs };
  if (metric.kind === 'latency' && typeof metric.figure === 'number')
    return { objective, p: Number((metric.figure / 100).toFixed(6)), limitMs: bound };
  throw new StargateError('STG_OPTION_INVALID', {
    message: 'Freshness cannot be judged by that objective.',
    expected: 'p99<2s or “within 10s >= 99%”',
    got: objective.text,
  });
}

/**
 * With too few probes an objective can still be refuted: when so many are beyond the limit, even by their lower
 * bounds, that chance does not explain it. It can never be met.
 *
 * Bounds hold however late this machine was, because both ends are taken when they happen; they only get wider, and
 * probes leave later than planned. `planned` are the ends counted from the planned sends, of a client that was the
 * limit, else null: then an objective is met only if it is by those too, and missed only if it is by lower bounds.
 */
export function judge(
  goal: FreshnessGoal,
  ends: Ends,
  timeoutMs: number,
  planned: Ends | null,
): FreshnessObjective {
  const { objective, p } = goal;
  const value = figureOf(goal, ends, timeoutMs);
  const enough = ends.n >= fewestProbes(p);
  const isMet = (by: Ends) => meets(objective, figureOf(goal, by, timeoutMs) ?? Number.POSITIVE_INFINITY);
  const met = enough && isMet(planned ?? ends);
  const missed = enough
    ? !isMet(planned ? { ...ends, uppers: ends.lowers } : ends)
    : !isMet(ends) && refutes(ends.n - countWithin(ends.lowers, goal.limitMs), ends.n, p);
  const state = met ? 'met' : missed ? 'missed' : 'not-judged';
  return { objective: objective.text, value: ends.n === 0 ? null : value, state };
}

/** The figure by upper bounds, in the unit of the objective. */
const figureOf = ({ objective, p, limitMs }: FreshnessGoal, ends: Ends, timeoutMs: number): number | null =>
  objective.metric.kind === 'within'
    ? shareWithin(ends, limitMs).least
    : percentileBounds(ends, p, timeoutMs).upper;
