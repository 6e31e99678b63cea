/**
 * A long backlog: 5,000,000 records of a real topic go through the worker into a warehouse of plain arrays, which is
 * emptied as it fills. Rate and memory of each tenth, and the longest time without progress.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryWarehouse } from '../../src/warehouse/memory.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { fillTopic } from './_fill.js';
import { ID, recordText, workerInto } from './_worker-rig.js';

const RECORDS = Number(process.env.STARGATE_BENCH_RECORDS ?? 5_000_000);
const PARTITIONS = 6;
/** Rows that the warehouse holds at most: a laptop has no room for all of them. */
const HELD = 50_000;
const LOOK_MS = 10;
const TOKEN = 'TOKEN';

/** What differs from visitor to visitor, or gzip makes 60 bytes of a record: 225 bytes here. */
const TOKENS = Array.from({ length: 4_096 }, () => randomBytes(225).toString('base64url'));

async function fill(cluster: Cluster, topic: string): Promise<number> {
  const text = recordText((body) => body.replace('utm_source=', `ref=${TOKEN}&utm_source=`));
  const parts = text.split(new RegExp(`${ID}|${TOKEN}`));
  if (parts.length !== 3) throw new Error(`one id and one token were expected in ${text}`);
  const [before, between, behind] = parts;
  const made = (n: number): Buffer => {
    const id = `bench-${String(n).padStart(12, '0')}`;
    return Buffer.from(before + id + between + TOKENS[n % TOKENS.length] + behind);
  };
  await fillTopic(cluster, topic, RECORDS, made);
  return made(0).length;
}

interface Tenth {
  readonly recordsPerSecond: number;
  readonly rssMiB: number;
}

async function drain(cluster: Cluster, topic: string): Promise<object> {
  const warehouse = new MemoryWarehouse();
  const worker = await workerInto(warehouse, cluster, topic, 'drain');
  while (warehouse.size === 0) await sleep(1);
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  const tenths: Tenth[] = [];
  let [done, seen, moved, longestPause, tenthBegan] = [0, 0, began, 0, began];
  while (done + warehouse.size < RECORDS) {
    await sleep(LOOK_MS);
    const now = performance.now();
    if (done + warehouse.size > seen) {
      longestPause = Math.max(longestPause, now - moved);
      [seen, moved] = [done + warehouse.size, now];
    }
    if (now - moved > 60_000) throw new Error(`no progress for a minute, at record ${seen}`);
    if (seen >= ((tenths.length + 1) * RECORDS) / 10) {
      const recordsPerSecond = Math.round(RECORDS / 10 / ((now - tenthBegan) / 1_000));
      tenths.push({ recordsPerSecond, rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20) });
      tenthBegan = now;
    }
    if (warehouse.size < HELD) continue;
    done += warehouse.size;
    await warehouse.clear();
  }
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  await worker.close();
  if (done + warehouse.size !== RECORDS)
    throw new Error(`${done + warehouse.size} rows of ${RECORDS} records`);
  return {
    ...{ seconds, recordsPerSecond: RECORDS / seconds, longestPauseMs: longestPause },
    cpuMicrosPerRecord: (user + system) / RECORDS,
    recordsPerSecondByTenth: tenths.map(({ recordsPerSecond }) => recordsPerSecond),
    rssMiBByTenth: tenths.map(({ rssMiB }) => rssMiB),
  };
}

export async function run(): Promise<object> {
  const cluster = await startCluster();
  try {
    await cluster.createTopic('backlog', { partitions: PARTITIONS });
    const began = performance.now();
    const bytesPerRecord = await fill(cluster, 'backlog');
    const fillSeconds = (performance.now() - began) / 1_000;

    await cluster.admin.disconnect();
    globalThis.gc?.();
    return { records: RECORDS, bytesPerRecord, fillSeconds, ...(await drain(cluster, 'backlog')) };
  } finally {
    await cluster.close();
  }
}
