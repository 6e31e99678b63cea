/**
 * A real SQL engine that speaks BigQuery's REST API: `startBigquery` in `beforeAll`, `close` in `afterAll`, inside
 * `describeWith('bigquery', …)`. What it does otherwise than Google stands in docs/bigquery.md.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './kafka/process.js';

const VERSION = '0.3.2';
const PATIENCE_MS = 90_000;
export const PROJECT = 'acme-demo';

const home = (): string =>
  join(
    process.env.STARGATE_TEST_CACHE ??
      join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stargate-test'),
    `local-bigquery-${VERSION}`,
  );

/** The folder of the engine, or null where it was not fetched. */
export const findLocalBigquery = (): string | null => (existsSync(join(home(), 'venv')) ? home() : null);

export interface LocalBigquery {
  /** For `--bigquery-endpoint`. */
  readonly endpoint: string;
  /** Of the Storage Write API, on 127.0.0.1. */
  readonly grpcPort: number;
  /** What it printed. */
  output(): string;
  close(): Promise<void>;
}

const SETPRIV = '/usr/bin/setpriv';
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts one with a home and data of its own, and waits until it answers. */
export async function startBigquery(): Promise<LocalBigquery> {
  const folder = await mkdtemp(join(tmpdir(), 'stargate-bigquery-'));
  // Its DuckDB looks for extensions in the home folder, and would fetch what it does not find there.
  await mkdir(join(folder, 'home'));
  await symlink(join(home(), 'home', '.duckdb'), join(folder, 'home', '.duckdb'));
  const [port = 0, grpcPort = 0] = await freePorts(2);
  const endpoint = `http://127.0.0.1:${port}`;
  const log = join(folder, 'out');
  const child = launch(folder, log, [
    ...['--host', '127.0.0.1', '--port', String(port), '--grpc-port', String(grpcPort)],
    ...['--project', PROJECT, '--data-dir', join(folder, 'data'), 'serve'],
  ]);
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
    await ready(`${endpoint}/bigquery/v2/projects/${PROJECT}/datasets`, child);
  } catch (error) {
    const said = output().slice(-3_000);
    await close();
    throw new Error(`${(error as Error).message}\n${said}`);
  }
  return { endpoint, grpcPort, output, close };
}

function launch(folder: string, log: string, args: readonly string[]): ChildProcess {
  const python = join(home(), 'venv', 'bin', 'python');
  const script = 'from local_bigquery.cli import main; main()';
  const [command = python, ...before] = existsSync(SETPRIV)
    ? [SETPRIV, '--pdeathsig', 'KILL', python]
    : [python];
  const out = openSync(log, 'w');
  const child = spawn(command, [...before, '-c', script, ...args], {
    stdio: ['ignore', out, out],
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: join(folder, 'home'), LANG: 'C.UTF-8' },
  });
  closeSync(out);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    if (!running.has(child)) throw new Error('ended before it was ready');
    // The first answer makes its databases, and takes seconds.
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
    if (answer?.ok) return;
    if (answer) throw new Error(`answers ${answer.status}: ${await answer.text()}`);
    if (performance.now() > deadline) throw new Error('not ready');
    await sleep(50);
  }
}
