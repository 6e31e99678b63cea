/**
 * Take-over after kill -9: `stargate worker` from Kafka to the local write server, at 500 events a second, six
 * partitions, the shortest session (6 s), and a coordinator as brokers have it by default (a new group waits 3 s). From
 * the kill until every partition stores again: for a restart on the same machine that evicts the dead member, for one
 * that knows nothing of it, and for a worker that runs beside. Broker, server and load share the cores.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FIELDS, REJECTED_FIELDS } from '../../src/event/fields.js';
import { POSITION_FIELDS } from '../../src/warehouse/bigquery/tables.js';
import { ask, RemoteServer } from '../helpers/bigquery/remote.js';
import { PROJECT, startBigquery } from '../helpers/bigquery-sql.js';
import { stargate } from '../helpers/cli.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { type Running, start } from '../helpers/running.js';
import { ID, recordText } from './_worker-rig.js';

const RUNS = Number(process.env.STARGATE_BENCH_RUNS ?? 5);
const PARTITIONS = 6;
const RATE = 500;
const TURN_MS = 40;
const TABLES = `projects/${PROJECT}/datasets/shop/tables`;
const PATIENCE_MS = 60_000;

/** Writes to one partition after another, all of them several times a second. */
async function load(cluster: Cluster, topic: string): Promise<() => Promise<void>> {
  const client = cluster.client().producer({ allowAutoTopicCreation: false });
  await client.connect();
  const record = recordText();
  let sent = 0;
  const timer = setInterval(() => {
    const messages = Array.from({ length: (RATE * TURN_MS) / 1_000 }, () => ({
      ...{
        partition: sent % PARTITIONS,
        value: record.replace(ID, `bench-${String(sent++).padStart(12, '0')}`),
      },
    }));
    void client.send({ topic, messages }).catch(() => {});
  }, TURN_MS);
  return async () => {
    clearInterval(timer);
    await client.disconnect();
  };
}

/** Offset of the last row of each partition. */
type Ends = Readonly<Record<string, number>>;

class Deployment {
  readonly #server: RemoteServer;
  readonly #args: readonly string[];
  readonly #members: string;

  constructor(server: RemoteServer, args: readonly string[], data: string) {
    this.#server = server;
    this.#args = [...args, '--data', data];
    this.#members = join(data, 'members');
  }

  worker(): Promise<Running> {
    return start(['worker', '--admin-port', '0', ...this.#args]);
  }

  forgetMembers(): void {
    rmSync(this.#members, { recursive: true, force: true });
  }

  ends(): Promise<Ends> {
    return ask<Ends>(this.#server.control, 'ends', { path: `${TABLES}/events` });
  }

  /** Waits until every partition has got further. */
  async flowing(before: Ends): Promise<void> {
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await sleep(10)) {
      const ends = await this.ends();
      const moved = Object.keys(ends).filter((partition) => ends[partition]! > (before[partition] ?? -1));
      if (moved.length === PARTITIONS) return;
    }
    throw new Error('rows do not flow');
  }

  /** ms from the kill until rows of all partitions flow, and of them until the new process, if any, was ready. */
  async takeOver(worker: Running, next?: () => Promise<Running>): Promise<[Taken, Running | null]> {
    const killed = performance.now();
    await worker.kill();
    const before = await this.ends();
    const starting = next?.().then((running) => ({ running, readyMs: performance.now() - killed }));
    await this.flowing(before);
    const ms = performance.now() - killed;
    const started = await starting;
    return [{ ms, readyMs: started?.readyMs ?? null }, started?.running ?? null];
  }
}

interface Taken {
  readonly ms: number;
  readonly readyMs: number | null;
}

async function restarts(deployment: Deployment, evicting: boolean): Promise<Taken[]> {
  const taken: Taken[] = [];
  let worker = await deployment.worker();
  for (let run = 0; run < RUNS; run++) {
    await deployment.flowing(await deployment.ends());
    await sleep(500 + 137 * run);
    const next = () => {
      if (!evicting) deployment.forgetMembers();
      return deployment.worker();
    };
    const [time, running] = await deployment.takeOver(worker, next);
    taken.push(time);
    worker = running!;
  }
  await worker.stop();
  return taken;
}

async function standby(deployment: Deployment): Promise<Taken[]> {
  const taken: Taken[] = [];
  let [serving, spare] = [await deployment.worker(), await deployment.worker()];
  for (let run = 0; run < RUNS; run++) {
    // Both are members by then, and have halves.
    await sleep(3_000 + 137 * run);
    await deployment.flowing(await deployment.ends());
    deployment.forgetMembers();
    const [time] = await deployment.takeOver(serving);
    taken.push(time);
    [serving, spare] = [spare, await deployment.worker()];
  }
  await serving.stop();
  await spare.stop();
  return taken;
}

function summary(taken: readonly Taken[]): object {
  const sorted = taken.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b);
  const ready = taken.flatMap(({ readyMs }) => readyMs ?? []).sort((a, b) => a - b);
  const middle = (values: readonly number[]) => values[Math.floor(values.length / 2)];
  return {
    ...{ p50Ms: middle(sorted), maxMs: sorted.at(-1), allMs: sorted },
    ...(ready.length > 0 && { readyP50Ms: Math.round(middle(ready)!) }),
  };
}

/** Tables, and a first position: SQL is asked for nothing later. */
async function prepare(cluster: Cluster, server: RemoteServer, data: string): Promise<Deployment> {
  const engine = await startBigquery();
  try {
    await cluster.createTopic('takeover', { partitions: PARTITIONS });
    const log = `kafka://${cluster.brokers.join(',')}/takeover`;
    const where = [
      '--warehouse',
      `bigquery://${PROJECT}/shop.events`,
      '--bigquery-endpoint',
      engine.endpoint,
    ];
    const { status, stderr } = await stargate([
      ...['setup', '--log', `embedded:${join(data, 'log')}`, ...where, '--yes'],
    ]);
    if (status !== 0) throw new Error(stderr);
    const args = ['--log', log, ...where, '--bigquery-storage-endpoint', server.endpoint];
    const deployment = new Deployment(server, args, data);
    const first = await deployment.worker();
    const stop = await load(cluster, 'takeover');
    await deployment.flowing({});
    await first.stop();
    await stop();
    return deployment;
  } finally {
    await engine.close();
  }
}

export async function run(): Promise<object> {
  const data = mkdtempSync(join(tmpdir(), 'stargate-bench-takeover-'));
  const tables = {
    [`${TABLES}/events`]: FIELDS,
    [`${TABLES}/events_rejected`]: REJECTED_FIELDS,
    [`${TABLES}/stargate_positions`]: POSITION_FIELDS,
  };
  const server = await RemoteServer.start({ tables });
  const cluster = await startCluster({ properties: { 'group.initial.rebalance.delay.ms': 3_000 } });
  try {
    const deployment = await prepare(cluster, server, data);
    const stop = await load(cluster, 'takeover');
    const [before] = loadavg();
    const evicted = summary(await restarts(deployment, true));
    const waiting = summary(await restarts(deployment, false));
    const beside = summary(await standby(deployment));
    await stop();
    return { runs: RUNS, load: [before, loadavg()[0]], evicted, waiting, standby: beside };
  } finally {
    await cluster.close();
    await server.close();
    rmSync(data, { recursive: true, force: true });
  }
}
