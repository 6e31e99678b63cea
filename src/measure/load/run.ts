/**
 * One load test from the first connection to the report. A library: prints nothing, ends nothing.
 *
 * ```ts
 * const report = await loadtest({
 *   url: 'http://127.0.0.1:8000',
 *   curve: { kind: 'constant', rate: 500, durationMs: 10_000 },
 *   payload: { kind: 'events', from: 'ga4', batch: 1, sessions: 1000, key: 'dev' },
 *   payloadText: 'mix ga4',
 * });
 * ```
 */
import { randomBytes } from 'node:crypto';
import { reportOf } from './build.js';
import { openFleet } from './fleet.js';
import { Ledger } from './ledger.js';
import { type LoadtestOptions, type Planned, planOf } from './options.js';
import type { LoadReport, Note } from './report.js';
import { hopeless } from './score.js';
import { shedding } from './shed.js';
import { timerResolution } from './timer.js';
import { Verifier } from './verify.js';
import type { SendPlan } from './wire.js';

export interface Watch {
  /** Aborted: the run ends, and what was measured so far is reported. */
  readonly signal?: AbortSignal;
  /** Called some times a second while the run lasts. */
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** What a live view shows. */
export interface LoadProgress {
  readonly run: string;
  readonly plan: Planned;
  readonly ledger: Ledger;
  readonly timerMs: number;
}

/** Between the last connection and the first request: every process must have heard of it. */
const HEAD_START_MS = 60;
/** What a run that is cut short still waits for answers. */
const CUT_DRAIN_MS = 1_000;
const BACKLOG_MS = 60_000;
const MOST_BACKLOG = 1_000_000;

export const newRunId = (): string => `lt-${randomBytes(3).toString('hex')}`;

function sendPlans(
  run: string,
  plan: Planned,
  options: LoadtestOptions,
  remember: boolean,
): readonly SendPlan[] {
  const { workers, connections, peak, drainMs, timeoutMs, durationMs, stepMs } = plan;
  const backlog = Math.min(
    MOST_BACKLOG,
    Math.max(10_000, Math.ceil(((peak ?? 0) / workers) * (BACKLOG_MS / 1000))),
  );
  const startedAt = Date.now();
  return Array.from({ length: workers }, (_, worker) => ({
    ...{ run, startedAt },
    target: { url: plan.url.href, headers: options.headers ?? [] },
    curve: options.curve,
    poisson: options.poisson ?? false,
    seed: options.seed ?? 1,
    ...{ durationMs, drainMs, timeoutMs, stepMs, backlog, worker, workers, remember },
    connections: Math.floor(connections / workers) + (worker < connections % workers ? 1 : 0),
    precise: options.precise ?? false,
    payload: options.payload,
  }));
}

/**
 * Runs the plan.
 * @throws STG_OPTION_INVALID for a plan that cannot be followed. A target that does not answer is a result, no error.
 */
export async function loadtest(options: LoadtestOptions, watch: Watch = {}): Promise<LoadReport> {
  const plan = planOf(options);
  const run = newRunId();
  const verifier =
    options.verify && options.payload.kind === 'events' ? new Verifier(run, options.verify) : null;
  try {
    await verifier?.start();
    return await measured(run, plan, options, watch, verifier);
  } finally {
    await verifier?.stop();
  }
}

async function measured(
  run: string,
  plan: Planned,
  options: LoadtestOptions,
  watch: Watch,
  verifier: Verifier | null,
): Promise<LoadReport> {
  const timerMs = await timerResolution();
  const ledger = new Ledger(plan);
  const notes: Note[] = [];
  const isShedding = shedding();
  const stop = (note: Note) => {
    if (notes.length > 0) return;
    notes.push(note);
    fleet.stop(CUT_DRAIN_MS);
  };
  const look = () => {
    verifier?.accepted(ledger.accepted ?? 0);
    if (isShedding(ledger)) stop(stopped(SHEDDING, ledger));
    const why = options.abortOnFail ? hopeless(options.objectives ?? [], ledger) : null;
    if (why) stop(stopped(`${why}: the run was ended (--abort-on-fail).`, ledger));
    watch.onProgress?.({ run, plan, ledger, timerMs });
  };
  const fleet = await openFleet(sendPlans(run, plan, options, verifier !== null), (delta) => {
    ledger.add(delta);
    look();
  });
  const interrupt = () =>
    stop({ code: 'interrupted', text: 'Interrupted: these are the figures up to then.', atMs: ledger.atMs });
  watch.signal?.addEventListener('abort', interrupt, { once: true });
  try {
    const startAt = performance.timeOrigin + performance.now() + HEAD_START_MS;
    const running = fleet.run(startAt);
    if (watch.signal?.aborted) interrupt();
    const ends = await running;
    const verified =
      (await verifier?.finish(ends, batchOf(options), ledger.rejected ?? 0, watch.signal)) ?? null;
    const startedAt = Math.round(startAt);
    return reportOf({ run, startedAt, options, plan, ledger, ends, notes, timerMs, verified });
  } finally {
    watch.signal?.removeEventListener('abort', interrupt);
    fleet.close();
  }
}

const batchOf = ({ payload }: LoadtestOptions): number => (payload.kind === 'events' ? payload.batch : 0);

const SHEDDING =
  'The target answered nearly everything with 429 or 503 and a time to wait, ten seconds long: the run was ended.';

const stopped = (text: string, { atMs }: Ledger): Note => ({ code: 'stopped', text, atMs });
