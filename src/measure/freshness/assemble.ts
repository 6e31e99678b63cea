/** From a run to its report: figures first, then what they mean. */
import { cpus } from 'node:os';
import type { QueryCost } from '../../warehouse/port.js';
import { microBatch } from './batches.js';
import {
  counted,
  type Ends,
  endsOf,
  intervalOf,
  median,
  percentileBounds,
  resultOf,
  shareWithin,
} from './bounds.js';
import { hopsOf } from './hops.js';
import { type FreshnessGoal, judge } from './judge.js';
import type { Probe } from './ledger.js';
import { rankOf } from './order.js';
import type { Plan } from './plan.js';
import type { FreshnessObjective, FreshnessReport, PercentileBounds } from './report.js';
import type { Run } from './run.js';
import { explanationOf, headlineOf, notesOf } from './texts.js';
import { type Interval, turnbull } from './turnbull.js';

export interface About {
  readonly target: string;
  readonly warehouse: string;
  readonly command: string | null;
  readonly plan: Plan;
  readonly goals: readonly FreshnessGoal[];
  /** Of all looks; null where queries cost nothing. */
  readonly costPerLook: QueryCost | null;
  /** Whether every clock involved is this machine's. */
  readonly oneMachine: boolean;
}

const PERCENTILES = [0.5, 0.9, 0.99, 0.999];
/** ms; those beyond the timeout say nothing. */
const LIMITS = [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
const MOST_PROBES = 5_000;
/** The client was the limit where more than this share of the probes met a late event loop. */
const LATE_SHARE = 0.05;
/** ms: no event loop of a shared machine is always on time. */
const LATE_MS = 50;

/** Probes whose send, or whose finding answer, the event loop held up for longer than the bounds can bear. */
export function lateProbes(probes: readonly Probe[], pollMs: number): number {
  const limit = Math.max(LATE_MS, pollMs / 2);
  return probes.filter(({ lag, stall }) => lag > limit || stall > limit).length;
}

/**
 * The report of a finished or interrupted run; of a run without end, over the probes it remembers. `brief`: on the
 * way, without what takes long (the estimate) or is long (the probes).
 */
export function assemble(run: Run, about: About, brief = false): FreshnessReport {
  const { ledger } = run;
  const { plan } = about;
  const probes = counted(ledger.probes);
  const ends = endsOf(probes.map(intervalOf));
  const late = lateProbes(ledger.probes, plan.pollMs);
  const clientLimited = late > LATE_SHARE * ledger.probes.length;
  const planned = clientLimited ? endsOf(probes.map(fromPlanned)) : null;
  const objectives = about.goals.map((goal) => judge(goal, ends, plan.timeoutMs, planned));
  const verdict = ends.n === 0 ? 'inconclusive' : verdictOf(objectives);
  const widths = probes.flatMap(({ foundAt, missedAt }) => (foundAt === null ? [] : [foundAt - missedAt]));
  const facts: Omit<FreshnessReport, 'headline' | 'explanation' | 'notes'> = {
    kind: 'stargate.latency',
    version: 1,
    run: run.run,
    startedAt: run.startedWall,
    target: about.target,
    warehouse: about.warehouse,
    command: about.command,
    plan: { ...plan, probes: Number.isFinite(plan.probes) ? plan.probes : ledger.sent },
    client: clientOf(),
    verdict,
    exitCode: run.interrupted ? 130 : EXIT[verdict],
    durationMs: run.endedAt - run.startedAt,
    counts: countsOf(ledger.probes),
    percentiles: percentilesOf(ends, about),
    within: limitsOf(about).map((limit) => shareWithin(ends, limit)),
    turnbull: brief ? null : distributionOf(probes),
    resolution: { medianMs: median(widths), maxMs: widths.reduce((most, width) => Math.max(most, width), 0) },
    microBatchMs: microBatch(probes, Math.max(plan.pollMs, median(run.queries.took))),
    hops: hopsOf(probes, about.oneMachine),
    queries: queriesOf(run, about.costPerLook),
    probes: (brief ? [] : sample(ledger.probes)).map((probe) => resultOf(probe, run.startedAt)),
    objectives,
  };
  return {
    ...facts,
    headline: headlineOf(facts),
    explanation: explanationOf(facts),
    notes: notesOf(facts, { late, clientLimited, interrupted: run.interrupted, remembered: ledger.probes }),
  };
}

const EXIT = { met: 0, measured: 0, missed: 3, inconclusive: 5 } as const;

function fromPlanned(probe: Probe): Interval {
  const { lower, upper } = intervalOf(probe);
  return { lower, upper: upper + probe.lag };
}

function verdictOf(objectives: readonly FreshnessObjective[]): FreshnessReport['verdict'] {
  const some = (state: FreshnessObjective['state']) => objectives.some((one) => one.state === state);
  if (some('missed')) return 'missed';
  if (some('not-judged')) return 'inconclusive';
  return objectives.length > 0 ? 'met' : 'measured';
}

function countsOf(probes: readonly Probe[]): FreshnessReport['counts'] {
  const of = (outcome: Probe['outcome']) => probes.filter((probe) => probe.outcome === outcome).length;
  return {
    sent: probes.length,
    found: of('found'),
    refused: of('refused'),
    lost: of('lost'),
    late: of('late'),
    open: of(null),
    duplicated: probes.filter(({ rows }) => rows > 1).length,
  };
}

const unique = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

function percentilesOf(ends: Ends, { goals, plan }: About): PercentileBounds[] {
  const asked = goals.map(({ p }) => p).filter((p) => p > 0 && p < 1);
  return unique([...PERCENTILES, ...asked]).map((p) => percentileBounds(ends, p, plan.timeoutMs));
}

const limitsOf = ({ goals, plan }: About): number[] =>
  unique([...LIMITS, ...goals.map(({ limitMs }) => limitMs), plan.timeoutMs]).filter(
    (limit) => limit <= plan.timeoutMs,
  );

/** Steps at the upper ends of the estimate's intervals; what lies beyond every look has no step. */
function distributionOf(probes: readonly Probe[]): FreshnessReport['turnbull'] {
  if (probes.length === 0) return null;
  let share = 0;
  return turnbull(probes.map(intervalOf))
    .filter((mass) => mass.share > 1e-9 && Number.isFinite(mass.upper))
    .map((mass) => {
      share = Math.min(1, share + mass.share);
      return { ms: mass.upper, share };
    });
}

function queriesOf({ queries }: Run, cost: QueryCost | null): FreshnessReport['queries'] {
  const sorted = [...queries.took].sort((a, b) => a - b);
  const { count, failed } = queries;
  return {
    count,
    failed,
    p50Ms: sorted[rankOf(0.5, sorted.length) - 1] ?? 0,
    maxMs: sorted.at(-1) ?? 0,
    cost: cost && { bytes: cost.bytes * count, usd: cost.usd * count },
  };
}

/** Evenly spaced, at most 5,000. */
function sample(probes: readonly Probe[]): readonly Probe[] {
  if (probes.length <= MOST_PROBES) return probes;
  const step = probes.length / MOST_PROBES;
  return Array.from({ length: MOST_PROBES }, (_, index) => probes[Math.floor(index * step)]!);
}

const clientOf = (): FreshnessReport['client'] => ({
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
});
