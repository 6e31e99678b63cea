/** Programs of others that answer by HTTP on loopback, each in a folder that ends with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 90_000;
const SETPRIV = '/usr/bin/setpriv';
const running = new Set<ChildProcess>();

// What a failed test leaves behind must not outlive the test process; where Linux can see to that, not even a killed one.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it runs; removed when it is closed. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Answered with success once it is ready. */
  readonly ready: string;
}

export interface LocalServer {
  /** What it printed. */
  output(): string;
  close(): Promise<void>;
}

/** Starts it, and waits until it answers. */
export async function startServer({ command, args, folder, env, ready }: Program): Promise<LocalServer> {
  const log = join(folder, 'out');
  const out = openSync(log, 'w');
  const [first = command, ...before] = existsSync(SETPRIV)
    ? [SETPRIV, '--pdeathsig', 'KILL', command]
    : [command];
  const options = { cwd: folder, ...(env && { env }) };
  const child = spawn(first, [...before, ...args], { ...options, stdio: ['ignore', out, out] });
  closeSync(out);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const output = (): string => readFileSync(log, 'utf8');
  const close = async (): Promise<void> => {
    if (running.has(child)) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answers(ready, child);
  } catch (error) {
    const said = output().slice(-3_000);
    await close();
    throw new Error(`${command}: ${(error as Error).message}\n${said}`);
  }
  return { output, close };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    if (!running.has(child)) throw new Error('ended before it was ready');
    // A first answer may take seconds.
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
    if (answer?.ok) return;
    // A server that is starting says so.
    if (answer && answer.status !== 503) throw new Error(`answers ${answer.status}: ${await answer.text()}`);
    if (performance.now() > deadline) throw new Error('not ready');
    await sleep(50);
  }
}
