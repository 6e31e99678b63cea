/**
 * Runs the built command line in processes of its own, with an environment of its own. The first test that needs
 * it builds dist/ when a source is newer; test processes that run at the same time wait for that one build.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const BIN = join(ROOT, 'bin', 'stargate');

const LOCK = join(tmpdir(), `stargate-build-${createHash('sha1').update(ROOT).digest('hex').slice(0, 12)}`);

const modified = (path: string): number => {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
};

function isStale(): boolean {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const newest = Math.max(
    ...[...sources.map((name) => join(ROOT, 'src', name)), join(ROOT, 'tsconfig.json')].map(modified),
  );
  return modified(join(ROOT, 'dist', 'cli.js')) < newest;
}

/** True when this process holds the lock. The lock of a process that is gone is taken away. */
function lock(): boolean {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    try {
      const owner = Number(readFileSync(LOCK, 'utf8'));
      if (owner > 0) process.kill(owner, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(LOCK, { force: true });
    }
    return false;
  }
}

/** Builds dist/ when it is older than the sources. */
export async function ensureBuilt(): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!lock()) {
    if (Date.now() > deadline) throw new Error(`another build holds ${LOCK}`);
    await sleep(100);
  }
  try {
    if (isStale()) execFileSync(process.execPath, [join(ROOT, 'src', 'build.mjs')], { stdio: 'pipe' });
  } finally {
    rmSync(LOCK, { force: true });
  }
}

export interface Run {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Another script than bin/stargate. */
  readonly script?: string;
  /** Put in front of node, such as prlimit: it must become that process. */
  readonly before?: readonly string[];
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
  /** What it has said so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when stdout and stderr together hold the text. */
  saw(text: string): Promise<void>;
}

/** PATH only: what the machine's own environment holds must not decide a test. */
const BASE = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' };

const running = new Set<ChildProcess>();

/** Ends whatever a test left behind. For `afterEach`. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
}

/** Sends the signal unless the process is gone, waits until it is, and returns its exit status. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (running.has(child)) {
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }
  return child.exitCode;
}

/** Starts a command. The caller ends it; `ended` resolves with what it said. */
export function start(args: readonly string[], options: RunOptions = {}): Started {
  const [command, ...rest] = [...(options.before ?? []), process.execPath, options.script ?? BIN, ...args];
  const child = spawn(command!, rest, {
    cwd: options.cwd ?? tmpdir(),
    env: { ...BASE, ...options.env },
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      running.delete(child);
      resolve({ status, signal, stdout, stderr });
    });
  });
  const saw = async (text: string) => {
    const deadline = Date.now() + 15_000;
    while (!`${stdout}${stderr}`.includes(text)) {
      if (Date.now() > deadline) throw new Error(`never saw ${text} in:\n${stdout}${stderr}`);
      await sleep(10);
    }
  };
  return { child, ended, saw, stdout: () => stdout, stderr: () => stderr };
}

/** Runs `stargate ARGS` to its end. */
export async function stargate(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  await ensureBuilt();
  return start(args, options).ended;
}

/** A folder of its own with these files, and how to remove it. */
export function folder(files: Readonly<Record<string, string>> = {}): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'stargate-cli-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
