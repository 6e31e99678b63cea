/** `serve` and `worker` as processes over a cluster: what their tests share. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { stargate } from '../../helpers/cli.js';
import { type Cluster, type ClusterOptions, startCluster } from '../../helpers/kafka/index.js';
import { eventually, type Running, start } from '../../helpers/running.js';
import { rows, workingFolder } from '../commands/support.js';

export const SERVE = ['serve', '--port', '0', '--admin-port', '0', '--drain-wait', '0'];

export async function metric({ ready }: Running, name: string): Promise<number> {
  const text = await (await fetch(`${ready.admin}/metrics`)).text();
  const found = text.split('\n').find((line) => line.startsWith(`${name} `));
  return Number(found?.slice(name.length + 1));
}

export const emptied = (running: Running) =>
  eventually(
    async () => (await metric(running, 'stargate_spool_records')) === 0,
    () => `an empty spool; ${running.stderr()}`,
  );

/** A cluster for all tests around it, and commands over it that run in a folder of each test. */
export function servingOver(options: ClusterOptions = {}) {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(options);
  });
  afterAll(() => cluster?.close());
  const folder = workingFolder();
  return { folder, cluster: () => cluster, ...serving(folder, () => cluster) };
}

/** Commands that run in `folder` over `cluster`. */
export function serving(folder: () => string, cluster: () => Cluster) {
  return {
    /** A log URL whose topic is made by `setup`. */
    async topic(replicas = 1): Promise<string> {
      const url = `kafka://${cluster().brokers.join()}/t-${randomUUID()}`;
      const flags = ['--replicas', String(replicas), '--partitions', '2', '--yes'];
      const made = await stargate(['setup', '--log', url, ...flags], { cwd: folder() });
      expect(made, made.stderr).toMatchObject({ status: 0 });
      return url;
    },

    serve: (url: string, ...more: string[]): Promise<Running> =>
      start([...SERVE, '--log', url, '--workers', '1', ...more], { cwd: folder() }),

    /** Starts a worker and gives the names of all rows, oldest first, once so many are there. */
    async stored(url: string, count: number, ...more: string[]): Promise<string[]> {
      const worker = await start(['worker', '--log', url, '--admin-port', '0', ...more], { cwd: folder() });
      await eventually(
        async () => (await rows<{ n: number }>(folder(), 'SELECT count(*) AS n FROM events'))[0]!.n >= count,
        () => `${count} rows; ${worker.stderr()}`,
      );
      const all = await rows<{ name: string }>(
        folder(),
        'SELECT event_name AS name FROM events ORDER BY received_at, event_name LIMIT 100000',
      );
      expect(await worker.stop()).toBe(0);
      return all.map(({ name }) => name);
    },
  };
}
