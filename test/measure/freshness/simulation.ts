/**
 * A pipeline whose delays are known, on a clock of its own: the engine runs unchanged, and what it says can be set
 * beside the truth. Only timers move the clock, one at a time, so that every run is exact and can be repeated.
 */

import type { Plan } from '../../../src/measure/freshness/plan.js';
import type { ProbeQuery, ProbeRow, ProbeSender, Sent, Time } from '../../../src/measure/freshness/ports.js';
import { type Run, runProbes } from '../../../src/measure/freshness/run.js';
import { random } from '../../../src/measure/shoppers.js';

export const NEVER = new AbortController().signal;
const EPOCH = Date.UTC(2026, 10, 23);

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Virtual time: whoever waits is woken in order, and the clock stands still meanwhile. */
export class VirtualTime implements Time {
  #now = 1_000;
  readonly #timers: Timer[] = [];
  /** ms that `stall` reports next. */
  late = 0;

  now = (): number => this.#now;
  wall = (): number => EPOCH + this.#now;
  stall = (): number => this.late;

  until(at: number, signal: AbortSignal): Promise<void> {
    if (at <= this.#now || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
      this.at(at, end);
    });
  }

  at(at: number, fire: () => void): void {
    // Kept in order: the few timers that wait make a sorted insert cheap.
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.at > at) index--;
    this.#timers.splice(index, 0, { at, fire });
  }

  after = (ms: number): Promise<void> => new Promise((resolve) => this.at(this.#now + ms, resolve));

  /** Runs until the promise has settled. */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const end = () => {
      settled = true;
    };
    work.then(end, end);
    for (;;) {
      // Whatever the last timer woke must have come to its next wait.
      for (let turn = 0; turn < TURNS; turn++) await null;
      if (settled) return work;
      const next = this.#timers.shift();
      if (!next) throw new Error('everybody waits, and no timer is set');
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
  }
}

/** More promise turns than the longest chain between two waits of the engine. */
const TURNS = 12;

export interface Pipeline {
  /** When the row of a probe that arrives at `at` (virtual ms) becomes visible; null: never. */
  readonly visibleAt: (at: number, random: () => number) => number | null;
  /** Rows stored of one probe; default 1. */
  readonly copies?: (sequence: number) => number;
  /** ms between the first row of a probe and its repeats; default 0. */
  readonly repeatAfter?: number;
  /** What the collector answers; default accepted. */
  readonly answer?: (sequence: number) => Sent;
  /** ms that a query takes; the table is read at a random moment of it. Default 5 … 50. */
  readonly queryMs?: (random: () => number) => number;
  /** ms between arrival and answer; default 1 … 5. */
  readonly answerMs?: number;
  /** Collector clock minus ours, ms. */
  readonly skew?: number;
}

export interface Truth {
  /** ms from send to visible; Infinity: never. By sequence. */
  readonly delays: number[];
}

const ACCEPTED: Sent = { accepted: true, status: 202, reason: null };

export interface Simulated {
  readonly run: Run;
  readonly truth: Truth;
  readonly time: VirtualTime;
}

export interface SimulationOptions {
  readonly seed: number;
  readonly plan: Plan;
  readonly pipeline: Pipeline;
  readonly signal?: AbortSignal;
  readonly time?: VirtualTime;
  readonly query?: (query: ProbeQuery, time: VirtualTime) => ProbeQuery;
}

/** One run of the real engine against the pipeline. */
export async function simulate(options: SimulationOptions): Promise<Simulated> {
  const { seed, plan, pipeline, signal = NEVER, time = new VirtualTime() } = options;
  const next = random(seed);
  const { sender, query, truth } = world(pipeline, time, next);
  const asked = options.query?.(query, time) ?? query;
  const work = runProbes('run', plan, { time, sender, query: asked, random: next }, signal);
  return { run: await time.run(work), truth, time };
}

interface Stored {
  readonly id: string;
  readonly visibleAt: number;
  readonly receivedAt: number;
}

function world(pipeline: Pipeline, time: VirtualTime, next: () => number) {
  const { visibleAt, answer = () => ACCEPTED, copies = () => 1, skew = 0 } = pipeline;
  const { queryMs = (uniform) => 5 + 45 * uniform(), repeatAfter = 0 } = pipeline;
  const rows: Stored[] = [];
  const truth: Truth = { delays: [] };
  const sender: ProbeSender = {
    async send({ id }) {
      const sentAt = time.now();
      const sequence = Number(id.slice(-9));
      await time.after(1 + 4 * next());
      const receivedAt = time.wall() + skew;
      const verdict = answer(sequence);
      const at = verdict.accepted ? visibleAt(time.now(), next) : null;
      truth.delays[sequence] = at === null ? Number.POSITIVE_INFINITY : at - sentAt;
      if (at !== null)
        for (let copy = 0; copy < copies(sequence); copy++)
          rows.push({ id, receivedAt, visibleAt: at + copy * repeatAfter });
      await time.after(pipeline.answerMs ?? 1 + 4 * next());
      return verdict;
    },
  };
  const query: ProbeQuery = {
    name: 'simulated',
    async look({ from }) {
      const takes = queryMs(next);
      const before = takes * next();
      await time.after(before);
      const found = snapshot(rows, from, time.now());
      await time.after(takes - before);
      return found;
    },
  };
  return { sender, query, truth };
}

function snapshot(rows: readonly Stored[], from: string, now: number): ProbeRow[] {
  const found = new Map<string, ProbeRow>();
  const first = rows.findIndex(({ id }) => id >= from);
  if (first < 0) return [];
  for (let index = first; index < rows.length; index++) {
    const { id, visibleAt, receivedAt } = rows[index]!;
    if (visibleAt > now || id < from) continue;
    const known = found.get(id);
    found.set(id, { id, rows: (known?.rows ?? 0) + 1, receivedAt, loggedAt: receivedAt });
  }
  return [...found.values()];
}
