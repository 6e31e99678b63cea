/** Processes as the operating system sees them, and what a run was made on. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus, loadavg, setPriority, totalmem } from 'node:os';
import { VERSIONS } from '../../helpers/kafka/home.js';

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Resident memory in bytes. */
  readonly rss: number;
}

function processes(): Process[] {
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' });
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number])
    .map(([pid, parent, kilobytes]) => ({ pid, parent, rss: kilobytes * 1024 }));
}

/** Processes that this one has started, in the order of their ids. */
export const childrenOf = (parent: number): number[] =>
  processes()
    .filter((one) => one.parent === parent)
    .map(({ pid }) => pid);

/** Resident memory of a process and those it has started, in bytes. */
export const memoryOf = (pid: number): number =>
  processes()
    .filter((one) => one.pid === pid || one.parent === pid)
    .reduce((sum, { rss }) => sum + rss, 0);

/**
 * The priority of a process and of all threads that it has now (Linux), where this machine lets us: -15 so that what
 * others do has less part in what is measured, 0 as it was. Never a real-time class.
 */
export function prioritise(pid: number, priority: -15 | 0): void {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), priority);
  } catch {
    // Not ours to raise, or a thread that has just ended.
  }
}

export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  load: loadavg().map((load) => Number(load.toFixed(2))),
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  kafka: VERSIONS[0],
});
