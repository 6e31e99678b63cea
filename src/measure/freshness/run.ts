/**
 * The run: one loop that sends, one that looks. Neither waits for the other, so that a slow pipeline does not slow
 * down the probes that are to measure it.
 */
import { Ledger, type Look, type Probe } from './ledger.js';
import { type Plan, poissonGap, probeId } from './plan.js';
import type { ProbeQuery, ProbeRow, ProbeSender, Scope, Time } from './ports.js';

export interface RunPorts {
  readonly time: Time;
  readonly sender: ProbeSender;
  readonly query: ProbeQuery;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Queries {
  /** ms that each answered look took; of a run without end, the latest 10,000. */
  readonly took: number[];
  count: number;
  failed: number;
}

export interface Run {
  readonly run: string;
  readonly ledger: Ledger;
  readonly queries: Queries;
  /** Monotonic ms, and ms since 1970 at the same moment. */
  readonly startedAt: number;
  readonly startedWall: number;
  endedAt: number;
  interrupted: boolean;
}

export interface RunHooks {
  /** Called after each look, and after each failed one with its error; throws to end the run. */
  readonly onLook?: (run: Run, error: unknown) => void;
  readonly onSettled?: (probe: Probe) => void;
}

/** Probes that a run without end remembers, and ms in which it still notices repeats of found ones. */
const WATCH = { probes: 5_000, repeatsMs: 10_000 };
const MOST_TIMES = 10_000;
/** The collector's clock may be behind by this much before the filter on received_at hides a row. */
export const CLOCK_MARGIN_MS = 3_600_000;

/** Of a run with an end everything is kept, and repeats are counted by the look at its end. */
function memoryOf({ probes, ratePerSecond, timeoutMs }: Plan): { keep: number; repeatsMs: number } {
  if (Number.isFinite(probes)) return { keep: Number.POSITIVE_INFINITY, repeatsMs: 0 };
  // What is still looked for must not be forgotten.
  const open = Math.ceil((3 * timeoutMs * ratePerSecond) / 1000);
  return { keep: Math.max(WATCH.probes, open), repeatsMs: WATCH.repeatsMs };
}

export const scopeOf = (run: string, sequence: number, wall: number): Scope => ({
  run,
  from: probeId(run, sequence),
  since: wall - CLOCK_MARGIN_MS,
});

/**
 * Sends the probes and looks until each is settled, or until the signal is aborted: then what is known so far is
 * the result. Rejects with what `onLook` throws.
 */
export async function runProbes(
  run: string,
  plan: Plan,
  ports: RunPorts,
  signal: AbortSignal,
  hooks: RunHooks = {},
): Promise<Run> {
  const { time } = ports;
  const state: Run = {
    run,
    ledger: new Ledger({ ...plan, ...memoryOf(plan) }, hooks.onSettled),
    queries: { took: [], count: 0, failed: 0 },
    startedAt: time.now(),
    startedWall: time.wall(),
    endedAt: 0,
    interrupted: false,
  };
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const sending = sendAll(state, plan, ports, either);
  const looking = lookUntilSettled(state, plan, ports, either, sending, hooks);
  try {
    await Promise.all([looking, sending]);
  } finally {
    failing.abort();
  }
  state.interrupted = signal.aborted;
  state.endedAt = time.now();
  // Repeats can come after the row that was seen first, and an interruption between two looks.
  await lookOnce(state, ports, state.ledger.probes[0] ?? null);
  return state;
}

async function sendAll(state: Run, plan: Plan, ports: RunPorts, signal: AbortSignal): Promise<void> {
  const { time, sender, random } = ports;
  let plannedAt = state.startedAt;
  for (let sequence = 0; sequence < plan.probes; sequence++) {
    plannedAt += poissonGap(plan.ratePerSecond, random);
    await time.until(plannedAt, signal);
    if (signal.aborted) return;
    const [sentAt, sentWall] = [time.now(), time.wall()];
    const id = probeId(state.run, sequence);
    const probe = state.ledger.leave({ id, sequence, sentAt, sentWall, lag: sentAt - plannedAt });
    // Not awaited: the rate does not depend on answers.
    void sender.send({ id, sentAt: sentWall }).then((sent) => state.ledger.answer(probe, sent, time.now()));
  }
}

async function lookUntilSettled(
  state: Run,
  plan: Plan,
  ports: RunPorts,
  signal: AbortSignal,
  sending: Promise<void>,
  hooks: RunHooks,
): Promise<void> {
  const { time } = ports;
  let allSent = false;
  void sending.then(() => {
    allSent = true;
  });
  let next = state.startedAt;
  while (!signal.aborted && !(allSent && state.ledger.open === 0)) {
    // The next look begins when it is due, or when the one before is answered: never two at a time.
    next = Math.max(next + plan.pollMs, time.now());
    await time.until(next, signal);
    if (signal.aborted) return;
    const error = await lookOnce(state, ports, state.ledger.firstToCover(time.now()));
    hooks.onLook?.(state, error);
  }
}

/** One query for all probes from `first` on; none where that is null. Resolves to the error of a failed one, else null. */
async function lookOnce(
  { run, ledger, queries }: Run,
  { time, query }: RunPorts,
  first: Probe | null,
): Promise<unknown> {
  if (first === null) return null;
  time.stall();
  const startedAt = time.now();
  queries.count++;
  let rows: readonly ProbeRow[];
  try {
    rows = await query.look(scopeOf(run, first.sequence, first.sentWall));
  } catch (error) {
    queries.failed++;
    return error;
  }
  const look: Look = { startedAt, arrivedAt: time.now(), stall: time.stall(), rows };
  queries.took.push(look.arrivedAt - startedAt);
  if (queries.took.length > MOST_TIMES) queries.took.shift();
  ledger.looked(look);
  return null;
}
