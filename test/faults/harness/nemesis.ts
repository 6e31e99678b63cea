/**
 * What breaks the system on purpose. A schedule is a pure function of its seed: the same seed strikes the same parts in
 * the same way after the same pauses.
 */
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../helpers/running.js';
import { random } from './random.js';
import type { BigquerySink } from './sink-bigquery.js';
import type { Stage } from './stage.js';

/**
 * What can happen to each part. `full` needs a spool disk of its own, `network` proxies, `write server` BigQuery as the
 * sink: its rows live in its process, which therefore is stopped and never killed.
 */
export const MENU = {
  'collector worker': ['kill', 'stop', 'term'],
  primary: ['kill', 'stop', 'term'],
  broker: ['kill', 'stop', 'term'],
  worker: ['kill', 'stop', 'term'],
  network: ['reset', 'hole', 'slow'],
  'spool disk': ['full'],
  'write server': ['reset', 'away', 'hole', 'unavailable', 'lost', 'slow', 'stop'],
} as const;

export type Part = keyof typeof MENU;
export type Fault = (typeof MENU)[Part][number];

export interface Strike {
  readonly part: Part;
  readonly fault: Fault;
  /** ms of peace before it. */
  readonly after: number;
  /** ms that it lasts: a stop, a hole, or the time until what was ended is started again. */
  readonly lasts: number;
  /** Which of several, as a number in [0, 1). */
  readonly which: number;
}

type Range = readonly [least: number, most: number];

export interface ScheduleOptions {
  readonly strikes: number;
  /** By default everything on the menu; a part alone with all that can happen to it. */
  readonly parts?: readonly Part[];
  readonly faults?: readonly Fault[];
  readonly after: Range;
  readonly lasts?: Range;
}

export function schedule(seed: number, options: ScheduleOptions): Strike[] {
  const { strikes, parts = Object.keys(MENU) as Part[], faults, after, lasts = [0, 0] } = options;
  const draw = random(seed);
  const between = ([least, most]: Range) => Math.round(least + draw() * (most - least));
  const one = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  const possible = parts.flatMap((part) =>
    MENU[part].filter((fault) => !faults || faults.includes(fault)).map((fault) => ({ part, fault })),
  );
  return Array.from({ length: strikes }, () => ({
    ...one(possible),
    after: between(after),
    lasts: between(lasts),
    which: draw(),
  }));
}

/** A strike as it went. Times on the clock of performance.now(). */
export interface Struck {
  readonly strike: Strike;
  readonly from: number;
  /** When the part was whole again. */
  readonly to: number;
}

/** Carries the schedule out, one strike after the other. */
export async function unleash(stage: Stage, strikes: readonly Strike[]): Promise<Struck[]> {
  const struck: Struck[] = [];
  for (const one of strikes) struck.push(await strike(stage, one));
  return struck;
}

export async function strike(stage: Stage, one: Strike): Promise<Struck> {
  await sleep(one.after);
  const from = performance.now();
  await STRIKES[one.part](stage, one);
  return { strike: one, from, to: performance.now() };
}

const nonEmpty = <T>(list: T[]): T[] | null => (list.length > 0 ? list : null);
const pick = <T>(list: readonly T[], which: number): T => list[Math.floor(which * list.length)]!;

const STRIKES: Record<Part, (stage: Stage, strike: Strike) => Promise<void>> = {
  async 'collector worker'(stage, { fault, lasts, which }) {
    const pids = await eventually(
      () => nonEmpty(stage.collectors()),
      () => 'a process of serve',
    );
    const pid = pick(pids, which);
    signal(pid, fault);
    await sleep(lasts);
    if (fault === 'stop') process.kill(pid, 'SIGCONT');
  },
  async primary(stage, { fault, lasts }) {
    if (fault !== 'stop') return restarted(stage.collector, fault, lasts, () => stage.startCollector());
    await stopped(stage.collector, lasts);
  },
  async worker(stage, { fault, lasts }) {
    if (fault !== 'stop') return restarted(stage.worker!, fault, lasts, () => stage.startWorker());
    await stopped(stage.worker!, lasts);
  },
  async broker({ cluster }, { fault, lasts, which }) {
    const node = pick(cluster.nodes, which);
    if (fault === 'stop') node.stop();
    else await (fault === 'kill' ? node.kill() : node.term());
    await sleep(lasts);
    if (fault === 'stop') node.cont();
    else await node.start();
  },
  async network({ cluster }, { fault, lasts, which }) {
    const proxy = pick(cluster.nodes, which).proxy!;
    if (fault === 'reset') return proxy.reset();
    if (fault === 'hole') proxy.hole = 'both';
    else proxy.latency = 400;
    await sleep(lasts);
    // What was swallowed is missing from these connections for ever.
    if (fault === 'hole') proxy.reset();
    Object.assign(proxy, { hole: null, latency: 0 });
  },
  async 'spool disk'(stage, { lasts }) {
    const ballast = fill(stage.spool);
    await sleep(lasts);
    rmSync(ballast);
  },
  async 'write server'(stage, { fault, lasts }) {
    const { proxy, server, ...sink } = stage.sink as BigquerySink;
    if (fault === 'reset') return proxy.reset();
    if (fault === 'away') await sink.away();
    else if (fault === 'hole') proxy.hole = 'down';
    else if (fault === 'stop') server.signal('SIGSTOP');
    else await sink.faults(...SERVER_FAULTS[fault]!);
    await sleep(lasts);
    if (fault === 'stop') return server.signal('SIGCONT');
    if (fault === 'hole') proxy.reset();
    proxy.hole = null;
    await sink.whole();
  },
};

/** Chances, and how many times as long an answer takes. */
const SERVER_FAULTS: Partial<Record<Fault, Parameters<BigquerySink['faults']>>> = {
  unavailable: [{ unavailable: 0.5, quota: 0.2, createFails: 0.5 }],
  lost: [{ lost: 0.3, swallow: 0.2, finalizeLost: 0.5 }],
  slow: [{}, 30],
};

function signal(pid: number, fault: Fault): void {
  process.kill(pid, fault === 'kill' ? 'SIGKILL' : fault === 'stop' ? 'SIGSTOP' : 'SIGTERM');
}

interface Endable {
  kill(): Promise<void>;
  stop(): Promise<unknown>;
  signal(name: NodeJS.Signals): void;
}

async function restarted(
  part: Endable,
  fault: Fault,
  lasts: number,
  again: () => Promise<void>,
): Promise<void> {
  await (fault === 'kill' ? part.kill() : part.stop());
  await sleep(lasts);
  await again();
}

async function stopped(part: Endable, lasts: number): Promise<void> {
  part.signal('SIGSTOP');
  await sleep(lasts);
  part.signal('SIGCONT');
}

/** Takes all that is left on the disk; the file to remove. */
export function fill(folder: string): string {
  const ballast = join(folder, 'ballast');
  const { bsize, bavail } = statfsSync(folder);
  try {
    writeFileSync(ballast, Buffer.alloc(bsize * bavail));
  } catch (error) {
    // Others have taken of it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return ballast;
}
