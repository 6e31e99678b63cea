/** Processes as the operating system sees them, and what a run was made on. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
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

/** Resident memory of a process and those it has started, looked at once a second. */
export class Memory {
  readonly #samples: number[];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    const now = () =>
      processes()
        .filter((one) => one.pid === pid || one.parent === pid)
        .reduce((sum, { rss }) => sum + rss, 0);
    this.#samples = [now()];
    this.#timer = setInterval(() => this.#samples.push(now()), 1_000).unref();
  }

  /** Bytes from the first look to the largest one until now. */
  grown(): number {
    return Math.max(...this.#samples) - this.#samples[0]!;
  }

  /** The same, and ends the looking. */
  growth(): number {
    clearInterval(this.#timer);
    return this.grown();
  }

  inMiB(): { first: number; most: number; last: number } {
    const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
    const [first, last] = [this.#samples[0]!, this.#samples.at(-1)!];
    return { first: mib(first), most: mib(Math.max(...this.#samples)), last: mib(last) };
  }
}

/** Whether a tmpfs of our own can be had here. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'stargate-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
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
