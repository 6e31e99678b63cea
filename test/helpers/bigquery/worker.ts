/** `stargate worker` before a write server in another process. */
import { DATASET } from './index.js';
import type { RemoteServer } from './remote.js';

export interface WorkerTarget {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Flags and environment of the worker. `port`: of a proxy before the server. */
export function workerTarget(
  { control, port: own }: RemoteServer,
  port = own,
  table = 'realtime',
): WorkerTarget {
  const storage = ['--bigquery-storage-endpoint', `http://127.0.0.1:${port}`];
  // Nobody is there: what would be asked there is asked of the server's process. On loopback no credentials are sought.
  const sql = ['--bigquery-endpoint', 'http://127.0.0.1:9'];
  const preload = new URL('./worker-sql.mjs', import.meta.url).href;
  return {
    flags: ['--warehouse', `bigquery://project-1/stargate_v2.${table}`, ...storage, ...sql],
    env: {
      NODE_OPTIONS: `--import ${preload}`,
      STARGATE_TEST_SERVER: JSON.stringify({ control, dataset: DATASET, table }),
    },
  };
}
