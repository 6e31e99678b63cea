import type {
  FreshnessReport,
  PercentileBounds,
  ProbeOutcome,
  ProbeResult,
} from '../../src/measure/freshness/report.js';
import { random } from '../../src/measure/shoppers.js';

/** A latency run that never ran: probes become visible in a simulation, and queries see them as real ones would. */
export interface Probing {
  readonly seed?: number;
  readonly probes: number;
  readonly ratePerSecond?: number;
  readonly pollMs?: number;
  readonly timeoutMs?: number;
  /** Rows become visible together, every so many ms; 0 for each by itself. */
  readonly microBatchMs?: number;
  /** From the batch, or from the send, until visible; ms. */
  readonly workMs?: number;
  /** What becomes of probe `n`; `found` by default. */
  readonly fate?: (n: number) => ProbeOutcome;
  readonly objectives?: FreshnessReport['objectives'];
  readonly change?: Partial<FreshnessReport>;
}

const STARTED = Date.UTC(2026, 10, 23, 14, 32, 10);
const QUERY_MS = 40;

function probesOf(run: Probing): ProbeResult[] {
  const { ratePerSecond = 2, pollMs = 500, timeoutMs = 60_000, microBatchMs = 0, workMs = 800 } = run;
  const next = random(run.seed ?? 1);
  let sentAt = 0;
  return Array.from({ length: run.probes }, (_, n): ProbeResult => {
    sentAt += (-Math.log(1 - next()) * 1000) / ratePerSecond;
    const outcome = run.fate?.(n) ?? 'found';
    const answered = outcome === 'refused' ? null : 4 + 10 * next();
    const shared = {
      id: `019a208d-28c1-774f-99d7-${String(n).padStart(12, '0')}`,
      sentAt,
      outcome,
      answered,
    };
    if (outcome === 'refused') return { ...shared, lower: null, upper: null, rows: 0 };
    if (outcome === 'lost') return { ...shared, lower: null, upper: null, rows: 0 };
    const wait = microBatchMs === 0 ? 0 : microBatchMs - ((sentAt + 700) % microBatchMs);
    const visible = (outcome === 'late' ? timeoutMs : 0) + wait + workMs * (0.8 + 0.6 * next());
    // Queries start every `pollMs`, and answer what was visible when they started.
    const found = Math.ceil((sentAt + visible) / pollMs) * pollMs;
    const lower = Math.max(0, found - pollMs - sentAt);
    return { ...shared, lower, upper: found + QUERY_MS * (1 + next()) - sentAt, rows: n % 97 === 96 ? 2 : 1 };
  });
}

/** Value below which the share `p` lies; beyond the timeout is null. */
function quantile(bounds: readonly number[], p: number, timeoutMs: number): number | null {
  const sorted = bounds.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
  return value === undefined || value > timeoutMs ? null : value;
}

export function probing(run: Probing): FreshnessReport {
  const { ratePerSecond = 2, pollMs = 500, timeoutMs = 60_000 } = run;
  const probes = probesOf(run);
  const accepted = probes.filter(({ outcome }) => outcome !== 'refused');
  const lower = accepted.map((probe) => probe.lower ?? 2 * timeoutMs);
  const upper = accepted.map((probe) =>
    probe.outcome === 'found' ? probe.upper! : Number.POSITIVE_INFINITY,
  );
  const of = (outcome: ProbeOutcome) => probes.filter((probe) => probe.outcome === outcome).length;
  const percentiles = [0.5, 0.9, 0.99, 0.999].map((p): PercentileBounds => {
    const [low, high] = [quantile(lower, p, timeoutMs), quantile(upper, p, timeoutMs)];
    const midpoint = low === null || high === null ? null : (low + high) / 2;
    const enough = accepted.length >= { 0.5: 5, 0.9: 35, 0.99: 368, 0.999: 3688 }[String(p)]!;
    return {
      p,
      lower: low,
      upper: high,
      midpoint,
      population: enough ? { lower: low, upper: high } : null,
      enough,
    };
  });
  const share = (bounds: readonly number[], limit: number) =>
    bounds.length === 0 ? 0 : bounds.filter((bound) => bound <= limit).length / bounds.length;
  const steps = accepted.flatMap(({ outcome, lower: low, upper: high }) =>
    outcome === 'found' ? [(low! + high!) / 2] : [],
  );
  const sorted = steps.toSorted((a, b) => a - b);
  const widths = accepted
    .flatMap(({ outcome, lower: low, upper: high }) => (outcome === 'found' ? [high! - low!] : []))
    .sort((a, b) => a - b);
  const missed = run.objectives?.some(({ state }) => state === 'missed');
  const verdict = !run.objectives ? 'measured' : missed ? 'missed' : 'met';
  return {
    kind: 'stargate.latency',
    version: 1,
    run: `la-${(0x1000 + (run.seed ?? 1)).toString(16)}`,
    startedAt: STARTED,
    target: 'https://collect.shop.example',
    warehouse: 'bigquery://shop-data/stargate_v2.realtime',
    command: "stargate latency https://collect.shop.example --probes 400 --slo 'within 10s >= 99%'",
    plan: { probes: run.probes, ratePerSecond, pollMs, timeoutMs },
    client: { node: '20.20.2', platform: 'linux x64', cpu: 'Example CPU 3 GHz', cores: 4 },
    verdict: accepted.length === 0 ? 'inconclusive' : verdict,
    headline: 'Events could be queried.',
    explanation: 'Simulated.',
    exitCode: missed ? 3 : 0,
    durationMs: (probes.at(-1)?.sentAt ?? 0) + 6000,
    counts: {
      sent: probes.length,
      found: of('found'),
      refused: of('refused'),
      lost: of('lost'),
      late: of('late'),
      open: of('open'),
      duplicated: probes.filter(({ rows }) => rows > 1).length,
    },
    percentiles,
    within: [2000, 5000, 10_000, 30_000, 60_000].map((limitMs) => ({
      limitMs,
      least: share(upper, limitMs),
      most: share(lower, limitMs),
    })),
    turnbull: sorted.length === 0 ? null : sorted.map((ms, i) => ({ ms, share: (i + 1) / accepted.length })),
    resolution: { medianMs: widths[Math.floor(widths.length / 2)] ?? 0, maxMs: widths.at(-1) ?? 0 },
    microBatchMs: run.microBatchMs || null,
    hops:
      accepted.length === 0
        ? []
        : [
            {
              hop: 'client-collector',
              title: 'client → collector',
              p50: 21,
              p99: 84,
              clockOffsetMs: 4,
              negative: 3,
              least: -2,
            },
            {
              hop: 'collector-log',
              title: 'collector → log',
              p50: 6,
              p99: 19,
              clockOffsetMs: 1,
              negative: 0,
              least: 1,
            },
            {
              hop: 'log-worker',
              title: 'log → worker',
              p50: 2410,
              p99: 5020,
              clockOffsetMs: 2,
              negative: 0,
              least: 1,
            },
            {
              hop: 'worker-row',
              title: 'worker → row',
              p50: 1290,
              p99: 4980,
              clockOffsetMs: 2,
              negative: 0,
              least: 1,
            },
          ],
    queries: { count: 527, p50Ms: 240, maxMs: 490, failed: 0, cost: { bytes: 5.3e9, usd: 0.03 } },
    probes: probes.slice(0, 5000),
    objectives: run.objectives ?? [],
    notes: [],
    ...run.change,
  };
}

/** Runs that the report must show well, by name. */
export const LATENCY_RUNS = {
  microBatch: () =>
    probing({
      probes: 400,
      microBatchMs: 5000,
      seed: 3,
      objectives: [{ objective: 'within 10s >= 99%', value: 1, state: 'met' }],
    }),
  lostAndLate: () =>
    probing({
      probes: 400,
      microBatchMs: 5000,
      seed: 4,
      fate: (n) =>
        n === 151 || n === 260 ? 'late' : n === 287 ? 'lost' : n % 100 === 50 ? 'refused' : 'found',
      objectives: [
        { objective: 'within 10s >= 99.9%', value: 0.9924, state: 'missed' },
        { objective: 'p99.9<60s', value: null, state: 'missed' },
      ],
    }),
  fast: () =>
    probing({
      probes: 1200,
      ratePerSecond: 20,
      pollMs: 50,
      workMs: 60,
      seed: 5,
      change: { queries: { count: 1200, p50Ms: 4, maxMs: 12, failed: 0, cost: null } },
    }),
  few: () => probing({ probes: 3, seed: 6 }),
  none: () => probing({ probes: 0 }),
  allRefused: () => probing({ probes: 20, seed: 7, fate: () => 'refused' }),
  allLost: () => probing({ probes: 20, seed: 8, fate: () => 'lost' }),
  hours: () =>
    probing({
      probes: 5000,
      ratePerSecond: 0.25,
      microBatchMs: 60_000,
      timeoutMs: 120_000,
      pollMs: 2000,
      seed: 9,
      fate: (n) => (n % 800 === 799 ? 'lost' : 'found'),
    }),
} as const satisfies Record<string, () => FreshnessReport>;
