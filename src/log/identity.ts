import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same pid. */
export interface Identity {
  readonly pid: number;
  /** Names the run of the machine's kernel. */
  readonly boot: string;
  /** When the process began, in the kernel's own words. */
  readonly started: string;
}

const linux = process.platform === 'linux';
const ask = (command: string, ...options: string[]): string =>
  execFileSync(command, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

const bootId = (): string =>
  linux
    ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    : ask('sysctl', '-n', 'kern.boottime');

/** Start time of a living process, null when there is none. A zombie has ended: it can write no more. */
function startOf(pid: number): string | null {
  try {
    if (!linux) return ask('ps', '-o', 'lstart=', '-p', String(pid)) || null;
    // The command's name, field 2, may hold spaces and brackets: fields are counted from the last bracket on.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : fields[19]!;
  } catch {
    return null;
  }
}

let own: Identity | undefined;

/** This process. */
export function self(): Identity {
  own ??= { pid: process.pid, boot: bootId(), started: startOf(process.pid) ?? '' };
  return own;
}

/** Whether that very process still runs on this machine. */
export const isAlive = (other: Identity): boolean =>
  other.boot === self().boot && startOf(other.pid) === other.started;
