/**
 * A real SQL engine that speaks BigQuery's REST API: `startBigquery` in `beforeAll`, `close` in `afterAll`, inside
 * `describeWith('bigquery', …)`. What it does otherwise than Google stands in docs/bigquery.md.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCache } from './cache.js';
import { type LocalServer, startServer } from './local-server.js';
import { freePorts } from './ports.js';

const VERSION = '0.3.2';
export const PROJECT = 'acme-demo';

const home = (): string => join(testCache(), `local-bigquery-${VERSION}`);

/** The folder of the engine, or null where it was not fetched. */
export const findLocalBigquery = (): string | null => (existsSync(join(home(), 'venv')) ? home() : null);

export interface LocalBigquery extends LocalServer {
  /** For `--bigquery-endpoint`. */
  readonly endpoint: string;
  /** Of the Storage Write API, on 127.0.0.1. */
  readonly grpcPort: number;
}

/** Starts one with a home and data of its own, and waits until it answers. */
export async function startBigquery(): Promise<LocalBigquery> {
  const folder = await mkdtemp(join(tmpdir(), 'stargate-bigquery-'));
  // Its DuckDB looks for extensions in the home folder, and would fetch what it does not find there.
  await mkdir(join(folder, 'home'));
  await symlink(join(home(), 'home', '.duckdb'), join(folder, 'home', '.duckdb'));
  const [port = 0, grpcPort = 0] = await freePorts(2);
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startServer({
    command: join(home(), 'venv', 'bin', 'python'),
    args: [
      ...['-c', 'from local_bigquery.cli import main; main()'],
      ...['--host', '127.0.0.1', '--port', String(port), '--grpc-port', String(grpcPort)],
      ...['--project', PROJECT, '--data-dir', join(folder, 'data'), 'serve'],
    ],
    folder,
    env: { PATH: process.env.PATH, HOME: join(folder, 'home'), LANG: 'C.UTF-8' },
    // The first answer makes its databases, and takes seconds.
    ready: `${endpoint}/bigquery/v2/projects/${PROJECT}/datasets`,
  });
  return { endpoint, grpcPort, ...server };
}
