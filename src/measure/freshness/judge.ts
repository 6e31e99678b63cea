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
 * bounds, that chance does not explain it. It can never be met. A late client leaves everything unjudged.
 */
export function judge(goal: FreshnessGoal, ends: Ends, timeoutMs: number, late: boolean): FreshnessObjective {
  const { objective, p, limitMs } = goal;
  const share = objective.metric.kind === 'within';
  const value = share ? shareWithin(ends, limitMs).least : percentileBounds(ends, p, timeoutMs).upper;
  const met = meets(objective, value ?? Number.POSITIVE_INFINITY);
  const enough = ends.n >= fewestProbes(p);
  const outside = ends.n - countWithin(ends.lowers, limitMs);
  const refuted = !met && refutes(outside, ends.n, p);
  const state = late || !(enough || refuted) ? 'not-judged' : met ? 'met' : 'missed';
  return { objective: objective.text, value: ends.n === 0 ? null : value, state };
}
