/** Targets of known behaviour in processes of their own, and load tests of the built command line against them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LoadReport } from '../../src/measure/load/report.js';
import { ensureBuilt, type Run, start } from './cli.js';

const HERE = import.meta.dirname;
const running = new Set<ChildProcess>();

export interface Target {
  readonly url: string;
  /** What it saw itself. */
  seen<T = Seen>(path?: string): Promise<T>;
  stop(): Promise<void>;
}

export interface Seen {
  readonly requests: number;
  readonly epoch: number;
  readonly answered: readonly number[];
  /** Which request each answer was for, by its place in the plan of the first process. */
  readonly sequence: readonly number[];
  readonly delays: readonly number[];
  readonly lateness: readonly number[];
}

async function end(child: ChildProcess): Promise<void> {
  if (!running.delete(child)) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

export const endTargets = () => Promise.all([...running].map(end));

/** Runs a script that prints {"port"}; `before` is put in front of node, such as taskset. */
export async function startTarget(
  args: readonly string[],
  script = 'load-target.mjs',
  before: readonly string[] = [],
): Promise<Target> {
  const [command, ...rest] = [...before, process.execPath, join(HERE, script), ...args];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  if (before.length === 0) urgent(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
  return {
    url,
    seen: async (path = '/') => (await fetch(`${url}${path}`)).json(),
    stop: () => end(child),
  };
}

export const target = (behaviour: object) => startTarget([JSON.stringify(behaviour)]);

/** Keeps a core busy: `before` decides which. */
export function startBusy(before: readonly string[]): void {
  const [command, ...rest] = [...before, process.execPath, '-e', 'for (;;);'];
  running.add(spawn(command!, rest, { stdio: 'ignore' }));
}

export interface Measured extends Run {
  readonly report: LoadReport & { readonly slo: readonly { expression: string; met: boolean }[] };
}

/**
 * A higher priority, where this machine lets us, so that what others do on it has less part in what is measured. Never
 * a real-time class: a process that spins in one keeps everybody else from running, its parent too.
 */
export function urgent({ pid }: ChildProcess): void {
  try {
    setPriority(pid!, -15);
  } catch {
    // Not ours to raise: the tolerances of the tests take in what others did.
  }
}

/** `stargate loadtest … --json`. */
export async function measure(url: string, ...flags: readonly string[]): Promise<Measured> {
  await ensureBuilt();
  const { child, ended } = start(['loadtest', url, ...flags, '--json']);
  urgent(child);
  const run = await ended;
  try {
    return { ...run, report: JSON.parse(run.stdout) };
  } catch {
    throw new Error(`no report (${run.status ?? run.signal}):\n${run.stdout}${run.stderr}`);
  }
}

/** Nearest rank. */
export function percentileOf(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1]!;
}
