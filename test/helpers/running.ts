/** Long-running `stargate` commands in tests: ready when they say so, always ended by `endAll`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { end, ensureBuilt, type RunOptions, type Started, start as startCommand } from './cli.js';

export { endAll } from './cli.js';

export interface Ready {
  readonly event: 'ready';
  readonly collector?: string;
  readonly ui?: string;
  readonly admin?: string;
  readonly data?: string;
  readonly processes?: number;
}

export interface Running extends Pick<Started, 'stdout' | 'stderr' | 'saw' | 'ended'> {
  readonly pid: number;
  readonly ready: Ready;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM (or another signal), and wait; resolves to the exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const PATIENCE_MS = 60_000;

/** Runs `stargate ARGS --json` and waits for its ready line. */
export async function start(args: readonly string[], options: RunOptions = {}): Promise<Running> {
  await ensureBuilt();
  const started = startCommand([...args, '--json'], options);
  const { child } = started;
  return {
    ...started,
    pid: child.pid!,
    ready: await readyLine(started, args),
    signal: (signal) => void child.kill(signal),
    kill: async () => void (await end(child, 'SIGKILL')),
    stop: (signal = 'SIGTERM') => end(child, signal),
  };
}

async function readyLine(started: Started, args: readonly string[]): Promise<Ready> {
  const over = started.ended.then(({ status, signal, stdout, stderr }) => {
    throw new Error(
      `stargate ${args.join(' ')} ended before it was ready (${status ?? signal}):\n${stdout}${stderr}`,
    );
  });
  over.catch(() => {});
  const line = await eventually(
    () => /^\{"event":"ready".*\}$/m.exec(started.stdout())?.[0],
    () => `the ready line in:\n${started.stdout()}${started.stderr()}`,
    over,
  );
  return JSON.parse(line) as Ready;
}

/** Polls until `look` finds something; fails with `what` when that takes longer than `ms`, or when `over` rejects. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  what: () => string,
  over: Promise<never> = new Promise(() => {}),
  ms = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await Promise.race([look(), over]);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`never saw ${what()}`);
    await Promise.race([sleep(25), over]);
  }
}
