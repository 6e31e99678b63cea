/**
 * Freshness of `dev` as `latency` sees it, idle and beside a steady load: bounds on p50 and p99. The harness runs in
 * this process and `dev` in one of its own, on the same cores.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { type FreshnessReport, latency } from '../../src/index.js';
import { start } from '../helpers/running.js';
import { pageView } from './_payloads.js';

const PLAN = { probes: 400, ratePerSecond: 20, pollMs: 20, timeoutMs: 30_000 };
const LOAD_PER_SECOND = 200;

export async function run(): Promise<object> {
  const data = mkdtempSync(join(tmpdir(), 'stargate-bench-'));
  try {
    const dev = await start(['dev', '--port', '0', '--data', data, '--drain-wait', '0']);
    const url = dev.ready.collector!;
    const idle = figures(await latency({ url, ...PLAN }));
    const stop = new AbortController();
    const load = beside(url, stop.signal);
    const loaded = figures(await latency({ url, ...PLAN }));
    stop.abort();
    await load;
    await dev.stop();
    return { idle, beside200EventsPerSecond: loaded };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function figures({ percentiles, resolution, counts, hops, queries, microBatchMs }: FreshnessReport): object {
  const bounds = (p: number) => {
    const { lower, midpoint, upper } = percentiles.find((one) => one.p === p)!;
    return { lower, midpoint, upper };
  };
  return {
    p50: bounds(0.5),
    p99: bounds(0.99),
    resolutionMs: resolution.medianMs,
    microBatchMs,
    lost: counts.lost,
    logToRowP50: hops.find(({ hop }) => hop === 'log-row')?.p50,
    queryP50: queries.p50Ms,
  };
}

async function beside(url: string, signal: AbortSignal): Promise<void> {
  const pool = new Pool(url, { connections: 8 });
  const began = performance.now();
  for (let sequence = 0; !signal.aborted; ) {
    const due = Math.floor(((performance.now() - began) / 1000) * LOAD_PER_SECOND);
    for (; sequence < due; sequence++)
      void pool
        .request({
          path: '/v1/events',
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: pageView(`load-${sequence}`),
        })
        .then(({ body }) => body.dump());
    await sleep(2);
  }
  await pool.close();
}
