/**
 * Kafka to a local write server, by a worker in a process of its own: CPU of that process per row with a backlog, its
 * memory, and at 2,000 events a second the time from the record's timestamp in Kafka until its row is stored, with a
 * service that takes 10–30 ms. Broker and write server are processes too, on the same cores.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tablesFor } from '../helpers/bigquery/index.js';
import { ask, RemoteServer } from '../helpers/bigquery/remote.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import type { WorkerSettings } from '../integration/kafka/bigquery-family.js';
import { statusOf } from './_processes.js';
import { ID, recordText } from './_worker-rig.js';

const RECORDS = Number(process.env.STARGATE_BENCH_RECORDS ?? 240_000);
const SECONDS = Number(process.env.STARGATE_BENCH_SECONDS ?? 20);
const RATE = 2_000;
const PARTITIONS = 6;
const BATCH = 200;

async function producer(cluster: Cluster, topic: string) {
  const client = cluster.client().producer({ allowAutoTopicCreation: false });
  await client.connect();
  const record = recordText();
  const text = (id: number) => record.replace(ID, `bench-${String(id).padStart(12, '0')}`);
  let sent = 0;
  return {
    async send(count: number): Promise<void> {
      const partition = Math.floor(sent / count) % PARTITIONS;
      const messages = Array.from({ length: count }, () => ({ partition, value: text(sent++) }));
      await client.send({ topic, messages });
    },
    bytesPerRecord: Buffer.byteLength(text(0)),
    stop: () => client.disconnect(),
  };
}

async function startWorker(settings: WorkerSettings) {
  const file = fileURLToPath(new URL('../integration/kafka/bigquery-child.ts', import.meta.url));
  const child = fork(file, [JSON.stringify(settings)], { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  return {
    pid: child.pid!,
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

const settingsFor = (cluster: Cluster, topic: string, server: RemoteServer): WorkerSettings => ({
  ...{ log: `kafka://${cluster.brokers.join(',')}/${topic}`, group: 'bench', answerMs: 10_000 },
  ...{ endpoint: server.endpoint, control: server.control },
});

async function backlog(cluster: Cluster) {
  await cluster.createTopic('backlog', { partitions: PARTITIONS });
  const load = await producer(cluster, 'backlog');
  for (let at = 0; at < RECORDS; at += BATCH) await load.send(BATCH);
  await load.stop();
  const server = await RemoteServer.start({ decode: false });
  const worker = await startWorker(settingsFor(cluster, 'backlog', server));
  while ((await server.count()) < RECORDS / 20) await sleep(5);
  const [before, from, began] = [statusOf(worker.pid), await server.count(), performance.now()];
  let rssMiB = 0;
  let rows = from;
  for (; rows < RECORDS; rows = await server.count()) {
    rssMiB = Math.max(rssMiB, statusOf(worker.pid).rssMiB);
    await sleep(50);
  }
  const seconds = (performance.now() - began) / 1_000;
  const cpuSeconds = statusOf(worker.pid).cpuSeconds - before.cpuSeconds;
  const { appends } = await server.counts();
  await worker.stop();
  await server.close();
  return {
    ...{ records: RECORDS, bytesPerRecord: load.bytesPerRecord, rssMiB },
    rowsPerSecond: Math.round((rows - from) / seconds),
    cpuMicrosecondsPerRow: (cpuSeconds * 1e6) / (rows - from),
    rowsPerRequest: Math.round(rows / appends),
  };
}

async function steady(cluster: Cluster) {
  await cluster.createTopic('steady', { partitions: PARTITIONS });
  const server = await RemoteServer.start({ tables: tablesFor('realtime') });
  await server.faults({ delayMs: [10, 30] });
  const worker = await startWorker(settingsFor(cluster, 'steady', server));
  const load = await producer(cluster, 'steady');
  const perTurn = 10;
  const began = performance.now();
  let [sent, before] = [0, statusOf(worker.pid)];
  const warm = 5;
  for (const end = began + (warm + SECONDS) * 1_000; performance.now() < end; sent += perTurn) {
    const due = began + (sent / RATE) * 1_000;
    if (due > performance.now()) await sleep(due - performance.now());
    if (sent === warm * RATE) {
      await ask(server.control, 'reset-latency');
      before = statusOf(worker.pid);
    }
    void load.send(perTurn);
  }
  while ((await server.count()) < sent) await sleep(50);
  const { latency, appends } = await server.counts();
  const now = statusOf(worker.pid);
  await load.stop();
  await worker.stop();
  await server.close();
  const rows = latency.count;
  return {
    ...{
      offeredRate: RATE,
      achievedRate: Math.round(rows / SECONDS),
      latencyMs: latency,
      rssMiB: now.rssMiB,
    },
    cpuMicrosecondsPerRow: ((now.cpuSeconds - before.cpuSeconds) * 1e6) / rows,
    rowsPerRequest: sent / appends,
  };
}

export async function run(): Promise<object> {
  const cluster = await startCluster();
  try {
    return { backlog: await backlog(cluster), steady: await steady(cluster) };
  } finally {
    await cluster.close();
  }
}
