/** `latency`: marked probes to a collector, and looks at the warehouse until each is queryable. */
import { StargateError } from '../../errors.js';
import type { QueryCost } from '../../warehouse/port.js';
import { allowTarget, isLoopback, targetOf } from '../target.js';
import { assemble } from './assemble.js';
import { httpSender } from './http.js';
import { parseGoal } from './judge.js';
import type { Ledger, Probe } from './ledger.js';
import { DEFAULT_PLAN, type Plan, runName } from './plan.js';
import type { ProbeQuery } from './ports.js';
import type { FreshnessReport } from './report.js';
import { type Run, runProbes, scopeOf } from './run.js';
import { systemTime } from './time.js';

export interface LatencyOptions extends Partial<Plan> {
  /** Base address of the collector, such as http://127.0.0.1:8000. */
  readonly url: string;
  /** Browser key; default `dev`, and none beside `bearer`. */
  readonly key?: string;
  /** Server key. */
  readonly bearer?: string;
  readonly query: ProbeQuery;
  /** `p99<2s`, `within 10s >= 99%`. */
  readonly objectives?: readonly string[];
  /** The target may be another machine. */
  readonly iOwnThisTarget?: boolean;
  /** For the report: the command line, without secrets. */
  readonly command?: string;
  /** Asked before the first probe; where it resolves to false nothing is sent. */
  readonly confirm?: (undertaking: Undertaking) => Promise<boolean>;
  /** Ends the run early: what is known by then is the result. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LatencyProgress) => void;
  readonly onSettled?: (probe: Probe) => void;
}

/** What a run is about to do, for who has to agree. */
export interface Undertaking {
  readonly target: string;
  readonly warehouse: string;
  readonly foreign: boolean;
  readonly plan: Plan;
  readonly looks: number;
  /** Of all looks; null where queries cost nothing. */
  readonly cost: QueryCost | null;
}

export interface LatencyProgress {
  readonly sent: number;
  readonly seen: number;
  readonly lost: number;
  readonly refused: number;
  readonly open: number;
  /** Upper bound of the probe that was seen last, ms; null before the first. */
  readonly last: number | null;
  /** Without end: Infinity. */
  readonly probes: number;
  readonly elapsedMs: number;
  /** As it would be now, without the probes and the estimate: cheap, yet not for each look. */
  readonly report: () => FreshnessReport;
}

/**
 * Measures and reports. Resolves also when an objective is missed or the run was interrupted: `exitCode` tells.
 * Errors: STG_OPTION_INVALID, STG_TARGET_FOREIGN, STG_TARGET_UNREACHABLE, STG_TARGET_REFUSED,
 * STG_CONFIRMATION_NEEDED, STG_PROBES_UNSEEN, and those of the query.
 */
export async function measureLatency(options: LatencyOptions): Promise<FreshnessReport> {
  const { query, signal = new AbortController().signal } = options;
  const goals = (options.objectives ?? []).map(parseGoal);
  const plan = planOf(options);
  const url = targetOf(options.url);
  allowTarget(url, options.iOwnThisTarget === true);
  const { bearer = null, key = bearer === null ? 'dev' : null } = options;
  const [time, sender] = [systemTime(), httpSender({ url, key, bearer })];
  try {
    const run = runName(time.wall(), Math.random);
    const costPerLook = await firstLook(run, time.wall(), query);
    await agreed(options, url, plan, costPerLook);
    await sender.check();
    const about = {
      target: url.pathname === '/v1/events' ? url.origin : url.href,
      warehouse: query.name,
      command: options.command ?? null,
      plan,
      goals,
      costPerLook,
      oneMachine: isLoopback(url),
    };
    const tally = new Tally(options);
    const result = await runProbes(run, plan, { time, sender, query, random: Math.random }, signal, {
      onSettled: (probe) => tally.settled(probe),
      onLook: (state, error) => {
        state.endedAt = time.now();
        tally.looked(state, error, plan.timeoutMs);
        options.onProgress?.({
          ...tally.progress(state.ledger),
          probes: plan.probes,
          elapsedMs: state.endedAt - state.startedAt,
          report: () => assemble(state, about, true),
        });
      },
    });
    return assemble(result, about);
  } finally {
    time.close();
    await sender.close();
  }
}

function planOf({ probes, ratePerSecond, pollMs, timeoutMs }: Partial<Plan>): Plan {
  const given = { probes, ratePerSecond, pollMs, timeoutMs };
  const plan = { ...DEFAULT_PLAN };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!(value > 0))
      throw new StargateError('STG_OPTION_INVALID', {
        message: `The value of ${name} cannot be used.`,
        expected: 'a number above zero',
        got: String(value),
      });
    plan[name as keyof Plan] = value;
  }
  return plan;
}

/** Whether the warehouse can be asked at all, and what a look costs. */
async function firstLook(run: string, wall: number, query: ProbeQuery): Promise<QueryCost | null> {
  const scope = scopeOf(run, 0, wall);
  const cost = (await query.cost?.(scope)) ?? null;
  if (cost === null) await query.look(scope);
  return cost;
}

async function agreed(
  { confirm, query }: LatencyOptions,
  url: URL,
  plan: Plan,
  costPerLook: QueryCost | null,
): Promise<void> {
  const looks = Math.ceil(((plan.probes / plan.ratePerSecond) * 1000 + plan.timeoutMs) / plan.pollMs);
  const cost = costPerLook && { bytes: costPerLook.bytes * looks, usd: costPerLook.usd * looks };
  const undertaking = {
    target: url.origin,
    warehouse: query.name,
    foreign: !isLoopback(url),
    plan,
    looks,
    cost,
  };
  if (!undertaking.foreign && cost === null) return;
  if (confirm && !(await confirm(undertaking))) throw new StargateError('STG_CONFIRMATION_NEEDED');
}

/** Counts on the way, and ends a run that can lead nowhere. */
class Tally {
  readonly #options: LatencyOptions;
  #seen = 0;
  #lost = 0;
  #refused = 0;
  #last: number | null = null;
  #answeredAt: number | null = null;

  constructor(options: LatencyOptions) {
    this.#options = options;
  }

  settled(probe: Probe): void {
    const { outcome, foundAt, sentAt } = probe;
    if (foundAt !== null) {
      this.#seen++;
      this.#last = foundAt - sentAt;
    } else if (outcome === 'lost') this.#lost++;
    else this.#refused++;
    this.#options.onSettled?.(probe);
  }

  looked({ startedAt, endedAt }: Run, error: unknown, timeoutMs: number): void {
    if (error === null) this.#answeredAt = endedAt;
    else if (endedAt - (this.#answeredAt ?? startedAt) > timeoutMs) throw error;
    if (this.#lost > 0 && this.#seen === 0 && Number.isFinite(this.#options.probes ?? 0))
      throw new StargateError('STG_PROBES_UNSEEN', {
        got: `no row in ${(2 * timeoutMs) / 1000} s, in ${this.#options.query.name}`,
      });
  }

  progress(ledger: Ledger): Omit<LatencyProgress, 'report' | 'probes' | 'elapsedMs'> {
    return {
      sent: ledger.sent,
      seen: this.#seen,
      lost: this.#lost,
      refused: this.#refused,
      open: ledger.open,
      last: this.#last,
    };
  }
}
