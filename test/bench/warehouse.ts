/** `npm run bench`: what storing costs in DuckDB. Prints one JSON document; timed figures never fail anything. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventRecord } from '../../src/event/fields.js';
import { openWarehouse } from '../../src/warehouse/open.js';
import type { AppendRow, Warehouse } from '../../src/warehouse/port.js';
import { KEY, row } from '../warehouse/rows.js';

const SITE = 'https://www.example.com.br';
/** About 1,000 bytes as a record. */
const pageView = (n: number): Partial<EventRecord> => ({
  event_id: `0191f3a2-7c1e-7000-9a3f-${n.toString(16).padStart(12, '0')}`,
  source_id: 'shop-br',
  origin: SITE,
  ingest_path: 'v1',
  user_pseudo_id: `1234567890.${1_700_000_000 + (n % 5_000)}`,
  session_id: 1_700_000_000 + (n % 5_000),
  page_location: `${SITE}/produto/tenis-${n % 900}?utm_source=google`,
  page_hostname: 'www.example.com.br',
  page_path: `/produto/tenis-${n % 900}`,
  page_title: 'Tênis de corrida | Loja',
  utm_source: 'google',
  device_category: 'mobile',
  browser: 'Chrome',
  os: 'Android',
  language: 'pt-BR',
  consent: { ad_storage: 'granted', analytics_storage: 'granted' },
  collection_mode: 'full',
  data_layer: { event: 'page_view', pageType: 'product', loggedIn: false, price: 199.9 + n },
  payload_bytes: 702,
  is_bot: false,
});
/** About 2,400 bytes, four items. */
const purchase = (n: number): Partial<EventRecord> => {
  const items = [0, 1, 2, 3].map((index) => ({
    item_id: `SKU-${n}-${index}`,
    item_name: `Tênis de corrida modelo ${index}`,
    item_brand: 'Acme',
    item_category: 'Calçados',
    price: '199.9',
    quantity: 1,
    index,
  }));
  const data_layer = { event: 'purchase', ecommerce: { transaction_id: `T${n}`, value: 799.6, items } };
  return {
    ...pageView(n),
    event_name: 'purchase',
    transaction_id: `T${n}`,
    value: '799.6',
    currency: 'BRL',
    items,
    data_layer,
  };
};

const SHAPES = { pageView, purchase } as const;
const percentile = (values: readonly number[], p: number): number =>
  Math.round(([...values].sort((a, b) => a - b)[Math.floor(values.length * p)] ?? 0) * 10) / 10;
const rss = (): number => Math.round(process.memoryUsage.rss() / 1_048_576);

async function withWarehouse<T>(body: (warehouse: Warehouse) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stargate-bench-'));
  const warehouse = await openWarehouse(`duckdb:${join(folder, 'w.duckdb')}`, { mode: 'own' });
  try {
    await warehouse.applySchema(await warehouse.planSchema());
    return await body(warehouse);
  } finally {
    await warehouse.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Appends of one size, two under way as the worker has them. */
function throughput(shape: keyof typeof SHAPES, size: number, total: number) {
  return withWarehouse(async (warehouse) => {
    const made: AppendRow[] = Array.from({ length: total }, (_, n) => row(n, SHAPES[shape](n)));
    const writer = await warehouse.openPartition(KEY, null);
    await writer.append(made.slice(0, size));
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const started = performance.now();
    let next = size;
    const work = async (): Promise<void> => {
      while (next < total) {
        const first = next;
        next += size;
        await writer.append(made.slice(first, first + size));
      }
    };
    await Promise.all([work(), work()]);
    const used = process.cpuUsage(cpu);
    const done = total - size;
    return {
      shape,
      size,
      rowsPerSecond: Math.round((done * 1e3) / (performance.now() - started)),
      cpuMicrosPerRow: Math.round(((used.user + used.system) * 10) / done) / 10,
      mainThread: Math.round(performance.eventLoopUtilization(loop).utilization * 100) / 100,
      bytesPerRow: made[0]?.value.length,
    };
  });
}

/** 10 rows every 20 ms, and a query that sees each of them as soon as it is acknowledged. */
function latency(seconds: number) {
  return withWarehouse(async (warehouse) => {
    const writer = await warehouse.openPartition(KEY, null);
    const took: number[] = [];
    const cpu = process.cpuUsage();
    const started = performance.now();
    const under: Promise<unknown>[] = [];
    for (let n = 0; n < seconds * 50; n += 1) {
      const planned = started + n * 20;
      await sleep(Math.max(0, planned - performance.now()));
      const batch = Array.from({ length: 10 }, (_, k) => row(n * 10 + k, pageView(n * 10 + k)));
      under.push(writer.append(batch).then(() => took.push(performance.now() - planned)));
    }
    await Promise.all(under);
    const used = process.cpuUsage(cpu);
    return {
      rowsPerSecond: 500,
      ms: { p50: percentile(took, 0.5), p99: percentile(took, 0.99), max: percentile(took, 0.9999) },
      core: Math.round((used.user + used.system) / seconds / 1e4) / 100,
    };
  });
}

/** A backlog: memory must not grow with it. */
function backlog(total: number) {
  return withWarehouse(async (warehouse) => {
    const writer = await warehouse.openPartition(KEY, null);
    const started = performance.now();
    const memory: number[] = [];
    for (let first = 0; first < total; first += 2_000) {
      await writer.append(Array.from({ length: 2_000 }, (_, n) => row(first + n, pageView(first + n))));
      if (first % 40_000 === 0) memory.push(rss());
    }
    const seconds = (performance.now() - started) / 1e3;
    const asked = performance.now();
    await warehouse.query(
      'SELECT event_name, count(*), count(DISTINCT user_pseudo_id) FROM events GROUP BY 1',
    );
    return {
      rows: total,
      seconds,
      rssMiB: [...memory, rss()],
      queryMs: Math.round(performance.now() - asked),
    };
  });
}

/** Runs everything and returns the figures. */
export async function run() {
  const idle = await withWarehouse(async () => rss());
  const small = [await throughput('pageView', 10, 10_000), await throughput('purchase', 10, 5_000)];
  const large = [];
  for (const size of [500, 2_000]) {
    for (const shape of ['pageView', 'purchase'] as const) large.push(await throughput(shape, size, 40_000));
  }
  return {
    name: 'warehouse',
    node: process.version,
    idleRssMiB: idle,
    throughput: [...small, ...large],
    latency: await latency(30),
    backlog: await backlog(200_000),
  };
}
