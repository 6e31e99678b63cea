/** Objectives against what was measured. Pure. */
import { meets, type Objective } from '../objectives.js';
import { type Counts, countOf, packed, percentile } from './counts.js';
import { figuresOf } from './figures.js';
import { LAG_MS } from './judge.js';
import type { Ledger, Sums } from './ledger.js';
import type { LatencyKind, ObjectiveResult } from './report.js';

/** Names that may stand before a percentile. */
export const LATENCIES: readonly LatencyKind[] = ['response', 'service', 'lag'];

/** What an objective is judged on: a part of the run. */
export interface Part {
  readonly sums: Sums;
  readonly planned: number;
  readonly failed: number;
  /** Answers, and over how long, ms. */
  readonly answered: number;
  readonly lengthMs: number;
  /** Share of events that were queryable within a time, where that was measured. */
  readonly within: ((limitMs: number) => number) | null;
}

function latency(counts: Counts, figure: number | 'mean' | 'max'): number | null {
  const pairs = packed(counts);
  if (pairs.length === 0) return null;
  if (figure === 'mean') return figuresOf(counts).mean;
  return percentile(pairs, figure === 'max' ? 100 : figure)! / 1000;
}

/** The figure that an objective is about, in the unit of its bound; null where there is none. */
export function figureOf({ metric }: Objective, part: Part): number | null {
  switch (metric.kind) {
    case 'latency':
      return latency(part.sums[(metric.of ?? 'response') as LatencyKind], metric.figure);
    case 'errors':
      return part.planned === 0 ? null : part.failed / part.planned;
    case 'achieved':
      return part.lengthMs <= 0 ? null : part.answered / (part.lengthMs / 1000);
    case 'within':
      return part.within?.(metric.limitMs) ?? null;
  }
}

/** Whether the part holds enough for the figure: beyond a percentile at least one value must lie. */
function isEnough({ metric }: Objective, { sums, planned }: Part): boolean {
  if (metric.kind !== 'latency') return planned > 0;
  const count = countOf(packed(sums[(metric.of ?? 'response') as LatencyKind]));
  return typeof metric.figure === 'number' ? count * (1 - metric.figure / 100) >= 1 : count > 0;
}

/**
 * The result of an objective.
 * @param judged the part in which the client kept up, or null; only there anything is concluded
 * @param conclusive false when nothing may pass: this machine was the limit, or there is too little to judge
 */
export function score(
  objective: Objective,
  whole: Part,
  judged: Part | null,
  conclusive: boolean,
): ObjectiveResult {
  const figure = judged && figureOf(objective, judged);
  const result = { objective: objective.text, whole: figureOf(objective, whole), judged: figure };
  if (figure === null || !judged || !isEnough(objective, judged)) return { ...result, state: 'not-judged' };
  if (!meets(objective, figure)) return { ...result, state: 'missed' };
  return { ...result, state: conclusive ? 'met' : 'not-judged' };
}

/** The measured part of a run that still lasts. */
export function partSoFar(ledger: Ledger, lengthMs: number): Part {
  return { sums: ledger.whole, ...ledger.totals(), lengthMs, within: null };
}

/** Answers, and intervals, that must be there before a run is ended for a missed objective. */
const LEAST = 500;
const LEAST_ROWS = 2;

/** Why a run can pass no more, as a sentence: an objective is missed by now, or this machine is the limit; or null. */
export function hopeless(objectives: readonly Objective[], ledger: Ledger): string | null {
  if (ledger.limitedRow !== null) return 'This machine was the limit, so that nothing could pass any more';
  const rows = ledger.rows.length - ledger.firstRow;
  const part = partSoFar(ledger, 0);
  if (ledger.answered < LEAST || rows <= LEAST_ROWS || latency(part.sums.lag, 99)! > LAG_MS) return null;
  const missed = objectives.find((objective) => {
    const { kind } = objective.metric;
    const figure = kind === 'latency' || kind === 'errors' ? figureOf(objective, part) : null;
    return figure !== null && isEnough(objective, part) && !meets(objective, figure);
  });
  return missed ? `${missed.text} was missed` : null;
}
