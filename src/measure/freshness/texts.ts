/** What a report says in sentences: for the terminal, the HTML report, and whoever reads the JSON. */

import { parseObjective } from '../objectives.js';
import type { Probe } from './ledger.js';
import { fewestProbes } from './order.js';
import type { FreshnessObjective, FreshnessReport, PercentileBounds } from './report.js';

type Facts = Omit<FreshnessReport, 'headline' | 'explanation' | 'notes'>;
type Note = FreshnessReport['notes'][number];

export interface Circumstances {
  /** Probes that met a late event loop. */
  readonly late: number;
  readonly clientLimited: boolean;
  readonly interrupted: boolean;
  readonly remembered: readonly Probe[];
}

const count = (n: number): string => n.toLocaleString('en');

/** Three digits at most, in the unit that a person would choose. */
export function duration(ms: number): string {
  const [value, unit] = Math.abs(ms) >= 1000 ? [ms / 1000, 's'] : [ms, 'ms'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** Cut, never rounded up: 99.96 % is not 100 %. */
export const percent = (share: number): string => `${Math.floor(share * 10_000 + 1e-6) / 100} %`;

export const percentileName = (p: number): string => `p${Number((p * 100).toFixed(4))}`;

export function headlineOf(facts: Facts): string {
  const { counts, objectives, within, percentiles } = facts;
  if (counts.sent - counts.refused === 0) return 'No probe was accepted.';
  if (counts.found + counts.late === 0) return 'No probe was ever seen.';
  const judged = objectives.find(({ state }) => state === 'missed') ?? objectives[0];
  if (judged) return outcomeOf(judged, facts);
  const usual = percentiles.find(({ p, upper, enough }) => p === 0.99 && upper !== null && enough);
  if (usual) return `99 of 100 events could be queried within ${duration(usual.upper!)}.`;
  const half = percentiles.find(({ p }) => p === 0.5);
  if (half?.upper != null) return `Half of the events could be queried within ${duration(half.upper)}.`;
  return `${percent(within.at(-1)?.least ?? 0)} of events could be queried within ${duration(facts.plan.timeoutMs)}.`;
}

/** What an objective asked for, as it was found. */
function outcomeOf({ objective, value }: FreshnessObjective, { plan }: Facts): string {
  const { metric } = parseObjective(objective);
  if (metric.kind === 'within')
    return `${percent(value ?? 0)} of events could be queried within ${duration(metric.limitMs)}.`;
  const share = metric.kind === 'latency' ? `${metric.figure} %` : '';
  return value === null
    ? `${share} of events need more than ${duration(plan.timeoutMs)} until they can be queried.`
    : `${share} of events could be queried within ${duration(value)}.`;
}

export function explanationOf(facts: Facts): string {
  const { counts, percentiles, verdict, objectives, microBatchMs } = facts;
  const at = (p: number) => percentiles.find((one) => one.p === p);
  const sentences: string[] = [];
  const half = at(0.5);
  if (half?.midpoint != null)
    sentences.push(`Half were there after ${duration(half.midpoint)}${tail(at(0.99))}.`);
  if (microBatchMs !== null)
    sentences.push(
      `Rows become visible together, about every ${duration(Number(microBatchMs.toPrecision(2)))}: a micro-batch.`,
    );
  if (counts.lost > 0)
    sentences.push(
      `${subject(counts.lost)} of ${count(counts.sent)} ${counts.lost > 1 ? 'were' : 'was'} accepted and never found; until that is explained, treat the pipeline as losing events.`,
    );
  if (counts.refused > 0)
    sentences.push(
      `The collector refused ${subject(counts.refused).toLowerCase()}; it counts in no percentile.`,
    );
  if (verdict === 'inconclusive' && objectives.length > 0)
    sentences.push('An objective could not be judged; the notes say why.');
  return sentences.join(' ');
}

const tail = (p99: PercentileBounds | undefined): string =>
  p99?.enough && p99.midpoint !== null ? `, and 99 of 100 after ${duration(p99.midpoint)}` : '';

const subject = (n: number): string => (n === 1 ? 'One probe' : `${count(n)} probes`);

/** Caveats, the gravest first. Codes are stable; texts are for people. */
export function notesOf(facts: Facts, circumstances: Circumstances): Note[] {
  const notes = [...misfortunes(facts, circumstances), ...unjudged(facts, circumstances), ...limits(facts)];
  return notes.filter((note) => note !== false);
}

/** What went wrong on the way. */
function misfortunes({ counts, queries }: Facts, circumstances: Circumstances): (Note | false)[] {
  const { interrupted, clientLimited, late, remembered } = circumstances;
  return [
    interrupted && {
      code: 'interrupted',
      text:
        counts.open === 0
          ? 'Interrupted: these are the probes sent until then.'
          : `Interrupted: ${subject(counts.open).toLowerCase()} not seen until then, and without an upper bound.`,
    },
    clientLimited && {
      code: 'client-late',
      text: `This machine was busy: its event loop was late for ${count(late)} of ${count(counts.sent)} probes. The bounds hold, and are wider for it; what that could decide is not judged. Run it where less else runs.`,
    },
    counts.refused > 0 && {
      code: 'refused',
      text: `${subject(counts.refused)} refused: ${reasonsOf(remembered)}.${storedAnyway(remembered)}`,
    },
    counts.duplicated > 0 && {
      code: 'duplicated',
      text: `${subject(counts.duplicated)} with more than one row. events_deduped shows such events once.`,
    },
    queries.failed > 0 && {
      code: 'queries-failed',
      text: `${count(queries.failed)} of ${count(queries.count)} queries failed; they count as not having looked.`,
    },
  ];
}

function unjudged({ counts, objectives, percentiles }: Facts, { clientLimited }: Circumstances): Note[] {
  const n = count(counts.sent - counts.refused);
  const why = clientLimited ? `: this machine was too late, or ${n} probes are too few` : ` with ${n} probes`;
  return [
    ...objectives
      .filter(({ state }) => state === 'not-judged')
      .map(({ objective }) => ({
        code: 'objective-not-judged',
        text: `“${objective}” could not be judged${why}.`,
      })),
    ...percentiles
      .filter(({ enough }) => !enough)
      .map(({ p }) => ({
        code: 'n-too-small',
        text: `${percentileName(p)}. A bound needs ${count(fewestProbes(p))} probes; this run has ${n}.`,
      })),
  ];
}

/** What no run of this kind can tell. */
function limits({ counts, plan, resolution, probes }: Facts): (Note | false)[] {
  return [
    resolution.medianMs > 0 && {
      code: 'resolution',
      text: `Anything finer than ${duration(resolution.medianMs)}. Two runs that differ by less than the resolution do not differ.`,
    },
    resolution.maxMs > 5 * Math.max(plan.pollMs, resolution.medianMs) && {
      code: 'slow-query',
      text: `One pair of bounds is ${duration(resolution.maxMs)} apart: a query was slow, or failed.`,
    },
    {
      code: 'load',
      text: `Load. The probes added ${Number(plan.ratePerSecond.toPrecision(3))} events a second. Freshness under load: stargate loadtest --verify.`,
    },
    {
      code: 'before-send',
      text: 'Time before the send. A tracker that batches for 1 s adds up to 1 s before these figures begin.',
    },
    counts.sent > probes.length && {
      code: 'sampled',
      text: `The list of probes is an even sample of ${count(probes.length)}; the figures come from all.`,
    },
  ];
}

function reasonsOf(probes: readonly Probe[]): string {
  const reasons = new Map<string, number>();
  for (const { outcome, reason } of probes)
    if (outcome === 'refused')
      reasons.set(reason ?? 'no reason', (reasons.get(reason ?? 'no reason') ?? 0) + 1);
  return [...reasons].map(([reason, times]) => `${reason} (${count(times)})`).join(', ');
}

/** An answer other than success does not promise that nothing was stored. */
function storedAnyway(probes: readonly Probe[]): string {
  const stored = probes.filter(({ outcome, rows }) => outcome === 'refused' && rows > 0).length;
  return stored === 0
    ? ''
    : ` ${subject(stored)} of them ${stored > 1 ? 'were' : 'was'} stored all the same.`;
}
