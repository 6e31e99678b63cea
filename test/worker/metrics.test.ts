/** The worker's figures: what the log says, once a scrape, and what is left of a scrape when it says nothing. */
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { PartitionLag, Position } from '../../src/log/port.js';
import type { AppendRow } from '../../src/warehouse/port.js';
import { WorkerMetrics } from '../../src/worker/metrics.js';

const lagOf = (partition: number, records: number, seconds: number | null): PartitionLag => ({
  ...{ partition, records, seconds, committed: null, end: records as Position },
});

/** The lines of a scrape that are figures. */
async function scrape(lag: () => Promise<readonly PartitionLag[]>, registry = new Registry()) {
  if (registry.getSingleMetric('stargate_worker_rows_total') === undefined) new WorkerMetrics(registry, lag);
  const lines = (await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line));
  return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
}

it('tells lag in records and seconds of one answer of the log, from the first scrape on', async () => {
  let asked = 0;
  const lag = async () => {
    asked += 1;
    return [lagOf(0, 5, 12.5), lagOf(1, 2, null), lagOf(2, 0, 0)];
  };
  expect(await scrape(lag)).toMatchObject({
    stargate_worker_lag_records: '7',
    stargate_worker_lag_seconds: '12.5',
  });
  expect(asked).toBe(1);
});

it('has no freshness before the first row, and the age of the newest from then on', async () => {
  const registry = new Registry();
  const metrics = new WorkerMetrics(registry, async () => []);
  expect(await registry.metrics()).not.toMatch(/^stargate_freshness_seconds/m);
  const received_at = new Date(Date.now() - 90_000).toISOString();
  metrics.stored([{ event: { received_at } } as AppendRow]);
  const [, age] = /^stargate_freshness_seconds (\S+)$/m.exec(await registry.metrics())!;
  expect(Number(age)).toBeGreaterThanOrEqual(90);
  expect(Number(age)).toBeLessThan(120);
});

it('leaves out the age that no partition can tell', async () => {
  const figures = await scrape(async () => [lagOf(0, 5, null)]);
  expect(figures).toMatchObject({ stargate_worker_lag_records: '5' });
  expect(figures).not.toHaveProperty('stargate_worker_lag_seconds');
});

it.each<[string, () => Promise<never>]>([
  ['fails', () => Promise.reject(new Error('no broker answers'))],
  ['does not answer', () => new Promise(() => {})],
])('tells everything else when the log %s, and the lag again behind it', async (_, trouble) => {
  const registry = new Registry();
  let answer: () => Promise<readonly PartitionLag[]> = async () => [lagOf(0, 3, 1)];
  const asking = () => answer();
  expect(await scrape(asking, registry)).toMatchObject({ stargate_worker_lag_records: '3' });
  answer = trouble;
  const figures = await scrape(asking, registry);
  expect(figures).toMatchObject({ stargate_worker_rows_total: '0', stargate_worker_retries_total: '0' });
  expect(Object.keys(figures).filter((name) => name.includes('lag'))).toEqual([]);
  answer = async () => [lagOf(0, 0, 0)];
  expect(await scrape(asking, registry)).toMatchObject({
    stargate_worker_lag_records: '0',
    stargate_worker_lag_seconds: '0',
  });
});
