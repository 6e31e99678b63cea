/**
 * The Kafka consumer with a backlog on one real broker: CPU of this process per record, for fetching and decoding
 * alone, and with the worker's loop behind it, into a warehouse of plain arrays. Idle: share of a core.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes } from 'kafkajs';
import { consumeKafka } from '../../src/log/kafka/consumer.js';
import type { ConsumeHandlers } from '../../src/log/port.js';
import { MemoryWarehouse } from '../../src/warehouse/memory.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { settingsOf } from '../integration/kafka/consumer-support.js';
import { ID, quiet, recordText, workerInto } from './_worker-rig.js';

const RECORDS = Number(process.env.STARGATE_BENCH_RECORDS ?? 120_000);
const PARTITIONS = 6;
const BATCH = 200;
async function fill(cluster: Cluster, topic: string, compression: CompressionTypes): Promise<number> {
  await cluster.createTopic(topic, { partitions: PARTITIONS });
  const text = recordText();
  const producer = cluster.client().producer();
  await producer.connect();
  for (let at = 0; at < RECORDS; at += BATCH) {
    const partition = (at / BATCH) % PARTITIONS;
    const messages = Array.from({ length: BATCH }, (_, i) => ({
      partition,
      value: text.replace(ID, `bench-${String(at + i).padStart(12, '0')}`),
    }));
    await producer.send({ topic, compression, messages });
  }
  await producer.disconnect();
  return Buffer.byteLength(text);
}

interface Figures {
  readonly recordsPerSecond: number;
  readonly cpuMicrosPerRecord: number;
  readonly rssMiB: number;
}

/** From the first record on: joining a group is no cost of a record. */
async function measured(seen: () => number): Promise<Figures> {
  while (seen() === 0) await sleep(1);
  const [cpu, begin, before] = [process.cpuUsage(), performance.now(), seen()];
  let rssMiB = 0;
  while (seen() < RECORDS) {
    await sleep(20);
    rssMiB = Math.max(rssMiB, process.memoryUsage.rss() / 2 ** 20);
  }
  const { user, system } = process.cpuUsage(cpu);
  const records = RECORDS - before;
  return {
    recordsPerSecond: Math.round((records / (performance.now() - begin)) * 1_000),
    cpuMicrosPerRecord: Number(((user + system) / records).toFixed(2)),
    rssMiB: Math.round(rssMiB),
  };
}

async function fetching(
  cluster: Cluster,
  topic: string,
  group: string,
): Promise<Figures & { idleShare: number }> {
  let seen = 0;
  const handlers: ConsumeHandlers = {
    onAssigned: async () => {},
    onRevoked: async () => {},
    onBatch: async ({ records }) => {
      seen += records.length;
    },
  };
  const consumer = await consumeKafka(settingsOf(cluster.brokers, topic), group, handlers, quiet);
  const figures = await measured(() => seen);
  await sleep(1_000);
  const cpu = process.cpuUsage();
  await sleep(5_000);
  const { user, system } = process.cpuUsage(cpu);
  await consumer.close();
  return { ...figures, idleShare: Number(((user + system) / 5_000_000).toFixed(4)) };
}

async function storing(cluster: Cluster, topic: string, group: string): Promise<Figures> {
  const warehouse = new MemoryWarehouse();
  const worker = await workerInto(warehouse, cluster, topic, group);
  const figures = await measured(() => warehouse.size);
  await worker.close();
  return figures;
}

export async function run(): Promise<object> {
  const cluster = await startCluster();
  try {
    const bytesPerRecord = await fill(cluster, 'plain', CompressionTypes.None);
    await fill(cluster, 'gzip', CompressionTypes.GZIP);
    // It costs more than what is measured.
    await cluster.admin.disconnect();
    await fetching(cluster, 'plain', 'warm');
    const fetched = await fetching(cluster, 'plain', 'fetching');
    const fetchedGzip = await fetching(cluster, 'gzip', 'fetching-gzip');
    await storing(cluster, 'plain', 'warm-storing');
    const stored = await storing(cluster, 'plain', 'storing');
    return { records: RECORDS, bytesPerRecord, fetched, fetchedGzip, stored };
  } finally {
    await cluster.close();
  }
}
