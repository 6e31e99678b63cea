/** Long-running `stargate` processes in tests: started for real, ready when they say so, always ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureBuilt } from './cli.js';
import { root } from './source.js';

export interface Ready {
  readonly event: 'ready';
  readonly collector?: string;
  readonly ui?: string;
  readonly admin?: string;
  readonly data?: string;
}

export interface Running {
  readonly pid: number;
  readonly ready: Ready;
  /** Everything printed on stderr so far. */
  stderr(): string;
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM (or another signal), and wait; resolves to the exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const started = new Set<ChildProcess>();

/** Ends whatever a test left behind. For `afterEach`. */
export async function endAll(): Promise<void> {
  await Promise.all([...started].map((child) => end(child, 'SIGKILL')));
}

/** Runs `stargate ARGS --json` and waits for its ready line. */
export async function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd = root,
): Promise<Running> {
  await ensureBuilt();
  const child = spawn(process.execPath, [join(root, 'bin', 'stargate'), ...args, '--json'], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  let stderr = '';
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  const ready = await Promise.race([readyLine(child), failedStart(child, args, () => stderr)]);
  return {
    pid: child.pid!,
    ready,
    stderr: () => stderr,
    kill: async () => void (await end(child, 'SIGKILL')),
    stop: (signal = 'SIGTERM') => end(child, signal),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  started.delete(child);
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }
  return child.exitCode;
}

async function readyLine(child: ChildProcess): Promise<Ready> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const parsed = JSON.parse(line) as Ready;
    if (parsed.event === 'ready') {
      // Keep reading, or the pipe fills up and stops the process.
      child.stdout!.resume();
      return parsed;
    }
  }
  return new Promise(() => {});
}

async function failedStart(
  child: ChildProcess,
  args: readonly string[],
  stderr: () => string,
): Promise<never> {
  const [status, signal] = await once(child, 'close');
  started.delete(child);
  throw new Error(`stargate ${args.join(' ')} ended before it was ready (${status ?? signal}):\n${stderr()}`);
}
