/**
 * `dev` as a whole: how soon it is ready, how soon an event is queryable at 500 events/s, and what memory it takes.
 * Queryable is measured by asking: a second connection polls for the newest row, so that each figure is an upper
 * bound (the answer that showed the row had arrived).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool } from 'undici';
import { start } from '../helpers/running.js';
import { pageView } from './_payloads.js';

const RATE = 500;
const SECONDS = Number(process.env.STARGATE_BENCH_SECONDS ?? 20);

const residentMiB = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);

const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const percentile = (sorted: readonly number[], p: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? 0;

export async function run(): Promise<object> {
  const data = mkdtempSync(join(tmpdir(), 'stargate-bench-'));
  try {
    const readyMs = await startUps(data);
    const dev = await start(['dev', '--port', '0', '--data', data, '--drain-wait', '0']);
    await sleep(2_000);
    const idle = { rssMiB: residentMiB(dev.pid), ...(await idleCpu(dev.pid)) };
    const load = await freshness(dev.ready.collector!, dev.pid);
    await dev.stop();
    return { readyMs, idle, load };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

async function startUps(data: string): Promise<object> {
  const took: number[] = [];
  for (let round = 0; round < 5; round++) {
    const began = performance.now();
    const dev = await start(['dev', '--port', '0', '--data', data, '--drain-wait', '0']);
    took.push(Math.round(performance.now() - began));
    await dev.stop();
  }
  took.sort((a, b) => a - b);
  return { first: took.at(-1), median: took[2], min: took[0] };
}

async function idleCpu(pid: number): Promise<{ cpuPercent: number }> {
  const before = cpuSeconds(pid);
  await sleep(5_000);
  return { cpuPercent: ((cpuSeconds(pid) - before) / 5) * 100 };
}

/** Posts at a fixed rate and polls until each event's row has been seen. */
async function freshness(base: string, pid: number): Promise<object> {
  const sender = new Pool(base, { connections: 64 });
  const asker = new Client(base);
  const sentAt = new Map<string, number>();
  const latency: number[] = [];
  const cpuBefore = cpuSeconds(pid);
  let done = false;

  const polling = (async () => {
    let offset = -1;
    while (!done || sentAt.size > 0) {
      const sql = `SELECT event_id, kafka_offset FROM events WHERE kafka_offset > ${offset} ORDER BY kafka_offset`;
      const { body } = await asker.request({
        path: '/dev/query',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql }),
      });
      const { rows } = (await body.json()) as { rows: { event_id: string; kafka_offset: number }[] };
      const now = performance.now();
      for (const row of rows) {
        const sent = sentAt.get(row.event_id);
        if (sent !== undefined) latency.push(now - sent);
        sentAt.delete(row.event_id);
        offset = row.kafka_offset;
      }
      await sleep(20);
    }
  })();

  const began = performance.now();
  const total = RATE * SECONDS;
  for (let sequence = 0; sequence < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * RATE));
    for (; sequence < due; sequence++) {
      const id = `bench-${sequence}`;
      sentAt.set(id, performance.now());
      void sender
        .request({
          path: '/v1/events',
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: pageView(id),
        })
        .then(({ body }) => body.dump());
    }
    await sleep(1);
  }
  done = true;
  await Promise.race([polling, sleep(30_000)]);
  const cpu = cpuSeconds(pid) - cpuBefore;
  await Promise.all([sender.close(), asker.close()]);
  latency.sort((a, b) => a - b);
  return {
    ratePerSecond: RATE,
    events: total,
    unseen: sentAt.size,
    queryableMs: {
      p50: percentile(latency, 50),
      p90: percentile(latency, 90),
      p99: percentile(latency, 99),
      max: latency.at(-1),
    },
    cpuMicrosecondsPerEvent: (cpu / total) * 1e6,
    rssMiB: residentMiB(pid),
  };
}
