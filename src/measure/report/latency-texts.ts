import type { FreshnessReport, Hop, PercentileBounds, ProbeOutcome } from '../freshness/report.js';
import { count, list, many, percent, time, unbroken } from './format.js';
import { FEW } from './latency-data.js';

/** Every sentence of a latency report that says what its data show. English; one function for each section's title. */

export const VERDICTS: Readonly<Record<FreshnessReport['verdict'], string>> = {
  met: 'Objective met',
  missed: 'Objective missed',
  measured: 'Measured',
  inconclusive: 'Inconclusive',
};

export const percentileName = (p: number): string => `p${Number((p * 100).toFixed(4))}`;

/** A percentile, or beyond what. */
export const bound = (ms: number | null, timeoutMs: number): string =>
  ms === null ? `> ${time(timeoutMs)}` : time(ms);

export function curveFinding({ counts, percentiles, plan }: FreshnessReport): string {
  if (counts.sent === counts.refused) return 'No probe was accepted, so there is nothing to see';
  const of = (p: number) => percentiles.find((each) => each.p === p && each.enough);
  const [half, most] = [of(0.5), of(0.99)];
  if (!half) return `${many(counts.sent - counts.refused, 'accepted probe')}: too few for a percentile`;
  const first = `half ${within(half, plan.timeoutMs)}`;
  const sentence = most ? `${first}, 99 of 100 ${within(most, plan.timeoutMs)}` : first;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

const within = ({ upper }: PercentileBounds, timeoutMs: number): string =>
  upper === null ? `not within ${time(timeoutMs)}` : `within ${time(upper)}`;

export function shareFinding({ within: shares, counts, plan }: FreshnessReport): string {
  if (counts.sent === counts.refused || shares.length === 0) return 'There is no share to tell';
  const all = shares.find(({ least }) => least >= 1);
  if (all) return `Every probe was queryable within ${time(all.limitMs)}`;
  const last = shares.at(-1)!;
  if (last.least === 0) return `No probe was surely queryable within ${time(plan.timeoutMs)}`;
  const first = shares.find(({ least }) => least === last.least)!;
  const more = first === last ? '' : `, and no more within ${time(last.limitMs)}`;
  return `${percent(last.least)} were surely queryable within ${time(first.limitMs)}${more}`;
}

/** `low` … `high`: where the bulk of `seen` probes lies, ms. */
export function spreadFinding(
  { microBatchMs }: FreshnessReport,
  seen: number,
  [low, high]: readonly [number, number],
): string {
  const spread = `${time(low)} to ${time(high)}`;
  return microBatchMs === null
    ? `${seen < FEW ? 'All' : 'Nine of ten'} within ${spread}`
    : `Spread over ${spread}: rows appear together every ${time(microBatchMs)}`;
}

export function microBatchLead(microBatchMs: number | null): string {
  return microBatchMs === null
    ? 'No micro-batch shows: rows became visible one by one, or in intervals finer than the resolution.'
    : `A ${time(microBatchMs)} micro-batch: an event waits 0 to ${time(microBatchMs)} for the next batch, and then until that is done. A shorter interval moves the whole shape left.`;
}

export function outcomesFinding({ counts }: FreshnessReport): string {
  const { sent, lost, late, open, refused, duplicated } = counts;
  if (sent === 0) return 'No probe was sent';
  const faults = [
    lost > 0 && `${count(lost)} lost`,
    late > 0 && `${count(late)} late`,
    open > 0 && `${count(open)} still looked for`,
    refused > 0 && `${count(refused)} refused`,
    duplicated > 0 && `${count(duplicated)} stored more than once`,
  ].filter((fault) => fault !== false);
  return faults.length === 0
    ? `All of ${many(sent, 'probe')} found, each once`
    : `Of ${many(sent, 'probe')}: ${list(faults)}`;
}

export const OUTCOMES: Readonly<
  Record<ProbeOutcome | 'duplicated', readonly [name: string, meaning: (timeoutMs: number) => string]>
> = {
  found: ['Found', (ms) => `Queryable within ${time(ms)}`],
  late: ['Late', (ms) => `Accepted, and found only after ${time(ms)}`],
  lost: ['Lost', (ms) => `Accepted, and not found in ${time(2 * ms)}`],
  open: ['Open', () => 'Still looked for when the run was interrupted'],
  refused: ['Refused', () => 'Not accepted by the collector; in no percentile'],
  duplicated: ['Duplicated', () => 'More than one row with its id'],
};

export function hopsFinding(hops: readonly Hop[]): string {
  const total = hops.reduce((sum, { p50 }) => sum + Math.max(0, p50), 0);
  const longest = hops.toSorted((a, b) => b.p50 - a.p50)[0];
  if (!longest) return 'The rows do not tell where the time goes';
  if (total === 0) return 'No hop takes longer than the clocks can tell';
  const hop = `from ${longest.title.replace(' → ', ' to ')}: ${time(longest.p50)} of ${time(total)}`;
  return longest.p50 > total / 2 ? `Most of the time goes ${hop}` : `The longest hop is ${hop}`;
}

/** What is odd about a hop's values. */
export function hopRemark({ negative, least, clockOffsetMs }: Hop): string {
  if (negative === 0) return clockOffsetMs === 0 ? 'One clock' : '';
  const inside = -least <= clockOffsetMs;
  return `${count(negative)} below zero, lowest ${signed(least)}: ${inside ? 'the clocks differ by so much' : 'more than the clocks’ bound explains'}; kept`;
}

const signed = (ms: number): string => (ms < 0 ? `−${time(-ms)}` : time(ms));

export function objectivesFinding(objectives: FreshnessReport['objectives']): string {
  const missed = objectives.filter(({ state }) => state === 'missed');
  if (objectives.length === 0) return 'No objective was set';
  if (missed.length > 0) return `Missed: ${list(missed.map(({ objective }) => unbroken(objective)))}`;
  if (objectives.some(({ state }) => state === 'not-judged')) return 'Not every objective could be judged';
  return objectives.length === 1 ? 'The objective was met' : 'Every objective was met';
}

export const LEADS = {
  objectives: 'Judged on the upper bound. Lost and late probes are outside every limit.',
  curve:
    'A query sees the table as it was at about its start, so each probe has two bounds. The truth lies in the band; the line is the likeliest course (Turnbull).',
  share:
    'Hatched: within the limit only if the lower bounds are right. Lost and late probes are outside every limit.',
  probes: 'Each stroke spans the time in which a probe became visible.',
  hops: 'Medians, from the timestamps in the rows themselves. Clocks of different machines differ; each hop states by how much at most.',
} as const;
