/** Programs of others that answer by HTTP on loopback, each in a folder that ends with it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnTied } from './tied.js';

const PATIENCE_MS = 90_000;
const runs = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

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
  const child = spawnTied(command, args, { cwd: folder, out: log, ...(env && { env }) });
  const output = (): string => readFileSync(log, 'utf8');
  const close = async (): Promise<void> => {
    if (runs(child)) {
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
    if (!runs(child)) throw new Error('ended before it was ready');
    // A first answer may take seconds.
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
    if (answer?.ok) return;
    // A server that is starting says so.
    if (answer && answer.status !== 503) throw new Error(`answers ${answer.status}: ${await answer.text()}`);
    if (performance.now() > deadline) throw new Error('not ready');
    await sleep(50);
  }
}
