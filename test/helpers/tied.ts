import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';

const SETPRIV = '/usr/bin/setpriv';
const running = new Set<ChildProcess>();

// What a failed test leaves behind must not outlive the test process; where Linux can see to that, not even a killed one.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface TiedOptions {
  readonly cwd: string;
  /** File for what it prints. */
  readonly out: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a program of others, which ends with this process at the latest. */
export function spawnTied(
  command: string,
  args: readonly string[],
  { out, ...options }: TiedOptions,
): ChildProcess {
  const [first = command, ...before] = existsSync(SETPRIV)
    ? [SETPRIV, '--pdeathsig', 'KILL', command]
    : [command];
  const file = openSync(out, 'w');
  const child = spawn(first, [...before, ...args], { ...options, stdio: ['ignore', file, file] });
  closeSync(file);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}
