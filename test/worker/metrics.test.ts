import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { PartitionLag } from '../../src/log/port.js';
import { WorkerMetrics } from '../../src/worker/metrics.js';

const partition = (records: number, seconds: number | null): PartitionLag => ({
  ...{ partition: 0, committed: null, end: 9 as PartitionLag['end'], records, seconds },
});

/** Lag as one scrape tells it, and whether the rest is there. */
async function scraped(lag: () => Promise<readonly PartitionLag[]>) {
  const registry = new Registry();
  new WorkerMetrics(registry, lag).rows = 5;
  const text = await registry.metrics();
  const value = (name: string) => new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1];
  return [
    value('stargate_worker_lag_records'),
    value('stargate_worker_lag_seconds'),
    value('stargate_worker_rows_total'),
  ];
}

describe('metrics of a worker', () => {
  it('tell records and seconds of the same look', async () => {
    let looks = 0;
    const lag = async () => {
      looks++;
      return [partition(3, 7), partition(4, null)];
    };
    expect(await scraped(lag)).toEqual(['7', '7', '5']);
    expect(looks).toBe(1);
  });

  it('are told without the lag while nobody can tell it', async () => {
    expect(await scraped(() => Promise.reject(new Error('no broker')))).toEqual(['Nan', 'Nan', '5']);
  });

  it('do not wait for it longer than a scraper would', async () => {
    const began = performance.now();
    expect(await scraped(() => new Promise(() => {}))).toEqual(['Nan', 'Nan', '5']);
    expect(performance.now() - began).toBeLessThan(9_000);
  });
});
