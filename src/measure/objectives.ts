/**
 * Objectives as a person writes them: `p99<200ms`, `service p99.9 <= 1s`, `errors<0.1%`, `achieved>=2000/s`,
 * `within 10s >= 99%`. Pure: text in, data out; the caller finds the figure and asks whether it meets the bound.
 */
import { StargateError } from '../errors.js';

export type Comparison = '<' | '<=' | '>' | '>=';

/** What an objective is about. A latency without `of` is the one that the command judges by default. */
export type Metric =
  | { readonly kind: 'latency'; readonly of: string | null; readonly figure: number | 'mean' | 'max' }
  | { readonly kind: 'errors' }
  | { readonly kind: 'achieved' }
  | { readonly kind: 'within'; readonly limitMs: number };

export interface Objective {
  /** As given, without outer spaces. */
  readonly text: string;
  readonly metric: Metric;
  readonly comparison: Comparison;
  /** ms for latencies, 0 … 1 for shares (`errors`, `within`), 1/s for `achieved`. */
  readonly bound: number;
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  min: 60e3,
};

/** `1.5s` → 1500. Undefined for anything that is not a number with a unit of time. */
export function milliseconds(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(us|µs|ms|s|min|m)$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(number) * MILLISECONDS[unit]!;
}

/** `0.1%` → 0.001; `0.001` and `0` are shares already. */
function share(text: string): number | undefined {
  const [, number, percent] = /^(\d+(?:\.\d+)?) ?(%?)$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const value = Number(number) / (percent ? 100 : 1);
  return value <= 1 ? value : undefined;
}

function perSecond(text: string): number | undefined {
  const [, number] = /^(\d+(?:\.\d+)?)(?: ?\/ ?s)?$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}

function metricOf(name: string): Metric | undefined {
  if (name === 'errors' || name === 'achieved') return { kind: name };
  const [, limit] = /^within (.+)$/.exec(name) ?? [];
  if (limit !== undefined) {
    const limitMs = milliseconds(limit);
    return limitMs === undefined ? undefined : { kind: 'within', limitMs };
  }
  const [, of = null, figure] = /^(?:([a-z]+)[ .])?(p\d{1,2}(?:\.\d{1,3})?|mean|max)$/.exec(name) ?? [];
  if (figure === undefined) return undefined;
  const percentile = Number(figure.slice(1));
  if (figure.startsWith('p')) return percentile > 0 ? { kind: 'latency', of, figure: percentile } : undefined;
  return figure === 'mean' || figure === 'max' ? { kind: 'latency', of, figure } : undefined;
}

const BOUND = { latency: milliseconds, errors: share, within: share, achieved: perSecond } as const;
/** An objective that can only be met by being slow or by failing is a slip of the pen. */
const SENSIBLE = { latency: '<', errors: '<', within: '>', achieved: '>' } as const;

/**
 * Reads one objective.
 * @param latencies what may stand before a percentile (`response`, `service`); the parser knows none by itself
 * @throws STG_OPTION_INVALID with examples
 */
export function parseObjective(given: string, latencies: readonly string[] = []): Objective {
  const text = given.trim();
  const [, name = '', comparison, value = ''] = /^([^<>=]+?)\s*(<=|>=|<|>)\s*([^<>=]+)$/.exec(text) ?? [];
  const metric = metricOf(name.replace(/\s+/g, ' '));
  const bound = metric && BOUND[metric.kind](value);
  const known = metric?.kind !== 'latency' || metric.of === null || latencies.includes(metric.of);
  if (!metric || bound === undefined || !known || !comparison?.startsWith(SENSIBLE[metric.kind])) {
    throw new StargateError('STG_OPTION_INVALID', {
      message: 'The objective cannot be read.',
      expected: 'p99<200ms, max<2s, errors<0.1%, achieved>=2000/s or “within 10s >= 99%”',
      got: text === '' ? 'nothing' : text,
      next: "Quote it, so that the shell leaves < and > alone: --slo 'p99<200ms'",
    });
  }
  return { text, metric, comparison: comparison as Comparison, bound };
}

/** Whether a figure, in the unit of the objective's bound, meets it. */
export function meets({ comparison, bound }: Objective, figure: number): boolean {
  switch (comparison) {
    case '<':
      return figure < bound;
    case '<=':
      return figure <= bound;
    case '>':
      return figure > bound;
    case '>=':
      return figure >= bound;
  }
}
