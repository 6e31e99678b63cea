/**
 * Kafka to a local write server, by a real `stargate worker`: CPU of that process per row with a backlog, and its memory
 * after each tenth; at 2,000 events a second the time from the record's timestamp in Kafka until its row is stored, with
 * a service that takes 10–30 ms. Broker and write server are processes too, on the same cores.
 *
 * STARGATE_BENCH_RECORDS: of the backlog. STARGATE_BENCH_SECONDS: of the steady rate; 0 leaves it out.
 * STARGATE_BENCH_AGAINST: `bin/stargate` of another build, which takes turns with this one, STARGATE_BENCH_ROUNDS times.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { tablesFor } from '../helpers/bigquery/index.js';
import { ask, RemoteServer } from '../helpers/bigquery/remote.js';
import { workerTarget } from '../helpers/bigquery/worker.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { type Running, start } from '../helpers/running.js';
import { fillTopic } from './_fill.js';
import { cpuMicrosOf, statusOf } from './_processes.js';
import { ID, recordText } from './_worker-rig.js';

const RECORDS = Number(process.env.STARGATE_BENCH_RECORDS ?? 240_000);
const SECONDS = Number(process.env.STARGATE_BENCH_SECONDS ?? 20);
const ROUNDS = Number(process.env.STARGATE_BENCH_ROUNDS ?? 1);
const AGAINST = process.env.STARGATE_BENCH_AGAINST ?? null;
const RATE = 2_000;
const PARTITIONS = 6;
/** Records of a turn at the steady rate. */
const TURN = 10;
const WARM_SECONDS = 5;

const RECORD = recordText();
const made = (id: number): Buffer => Buffer.from(RECORD.replace(ID, `bench-${String(id).padStart(12, '0')}`));

interface Place {
  readonly cluster: Cluster;
  readonly topic: string;
  /** Another build than this checkout's. */
  readonly bin: string | null;
}

let groups = 0;

function startWorker({ cluster, topic, bin }: Place, server: RemoteServer): Promise<Running> {
  const { flags, env } = workerTarget(server);
  const log = `kafka://${cluster.brokers.join()}/${topic}`;
  const args = ['worker', '--admin-port', '0', '--log', log, '--group', `bench-${groups++}`, ...flags];
  return start(args, { env, ...(bin && { script: bin }) });
}

async function backlog(place: Place) {
  const server = await RemoteServer.start({ decode: false });
  const worker = await startWorker(place, server);
  // Joining a group and compiling are no cost of a row.
  while ((await server.count()) < RECORDS / 20) await sleep(5);
  const [cpu, from, began] = [cpuMicrosOf(worker.pid), await server.count(), performance.now()];
  const rssMiBByTenth: number[] = [];
  let rssMiB = 0;
  let rows = from;
  for (; rows < RECORDS; rows = await server.count()) {
    const now = statusOf(worker.pid).rssMiB;
    rssMiB = Math.max(rssMiB, now);
    if (rows >= ((rssMiBByTenth.length + 1) * RECORDS) / 10) rssMiBByTenth.push(now);
    await sleep(50);
  }
  const seconds = (performance.now() - began) / 1_000;
  const micros = cpuMicrosOf(worker.pid) - cpu;
  const { appends } = await server.counts();
  await worker.stop();
  await server.close();
  return {
    rowsPerSecond: Math.round((rows - from) / seconds),
    cpuMicrosecondsPerRow: Number((micros / (rows - from)).toFixed(2)),
    ...{ rssMiB, rssMiBByTenth, rowsPerRequest: Math.round(rows / appends) },
  };
}

async function steady(place: Place) {
  const { cluster, topic } = place;
  const server = await RemoteServer.start({ tables: tablesFor('realtime'), keep: [] });
  await server.faults({ delayMs: [10, 30] });
  const worker = await startWorker(place, server);
  const producer = cluster.client().producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const began = performance.now();
  let [sent, cpu] = [0, 0];
  for (const end = began + (WARM_SECONDS + SECONDS) * 1_000; performance.now() < end; sent += TURN) {
    const due = began + (sent / RATE) * 1_000;
    if (due > performance.now()) await sleep(due - performance.now());
    if (sent === WARM_SECONDS * RATE) {
      await ask(server.control, 'reset-latency');
      cpu = cpuMicrosOf(worker.pid);
    }
    const partition = (sent / TURN) % PARTITIONS;
    const messages = Array.from({ length: TURN }, (_, i) => ({ partition, value: made(sent + i) }));
    void producer.send({ topic, messages });
  }
  while ((await server.count()) < sent) await sleep(50);
  const { latency, appends } = await server.counts();
  const micros = cpuMicrosOf(worker.pid) - cpu;
  const { rssMiB } = statusOf(worker.pid);
  await producer.disconnect();
  await worker.stop();
  await server.close();
  return {
    ...{ offeredRate: RATE, achievedRate: Math.round(latency.count / SECONDS), latencyMs: latency, rssMiB },
    ...{ cpuMicrosecondsPerRow: micros / latency.count, rowsPerRequest: sent / appends },
  };
}

interface Figures {
  readonly backlog: Awaited<ReturnType<typeof backlog>>[];
  readonly steady: Awaited<ReturnType<typeof steady>>[];
}

/** One a run at the steady rate. */
const topics = Array.from({ length: 2 * ROUNDS }, (_, i) => `steady-${i}`);

async function measured(cluster: Cluster, bin: string | null, into: Figures): Promise<void> {
  into.backlog.push(await backlog({ cluster, topic: 'backlog', bin }));
  if (SECONDS === 0) return;
  into.steady.push(await steady({ cluster, topic: topics.pop()!, bin }));
}

export async function run(): Promise<object> {
  const cluster = await startCluster();
  try {
    for (const topic of ['backlog', ...topics]) await cluster.createTopic(topic, { partitions: PARTITIONS });
    await fillTopic(cluster, 'backlog', RECORDS, made, { compression: 'none' });
    // It costs more than some of what is measured.
    await cluster.admin.disconnect();
    const own: Figures = { backlog: [], steady: [] };
    const against: Figures = { backlog: [], steady: [] };
    for (let round = 0; round < ROUNDS; round++) {
      if (AGAINST !== null) await measured(cluster, AGAINST, against);
      await measured(cluster, null, own);
    }
    const load = { records: RECORDS, bytesPerRecord: made(0).length };
    return { ...load, ...own, ...(AGAINST !== null && { against }) };
  } finally {
    await cluster.close();
  }
}
