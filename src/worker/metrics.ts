/** The worker's metrics (reliability.md §4). The loop counts in plain numbers; prom-client reads them when scraped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { PartitionLag } from '../log/port.js';
import type { WorkerObserver } from './observer.js';

/** Counts what the loop reports. `registry` gets the metrics; `lag` is asked at each scrape. */
export class WorkerMetrics implements WorkerObserver {
  rows = 0;
  rejectedRows = 0;
  retries = 0;
  /** ms since 1970 of the newest `received_at` that is queryable; 0 before the first row. */
  newest = 0;

  constructor(registry: Registry, lag: () => Promise<readonly PartitionLag[]>) {
    const registers = [registry];
    counter(registers, 'stargate_worker_rows_total', 'Rows stored.', () => this.rows);
    counter(registers, 'stargate_worker_rejected_total', 'Rejected rows stored.', () => this.rejectedRows);
    counter(
      registers,
      'stargate_worker_retries_total',
      'Times a partition was opened again after a failure.',
      () => this.retries,
    );
    this.#freshness(registers);
    lagGauges(registers, lag);
  }

  read(): void {}
  skipped(): void {}

  stored(rows: Parameters<WorkerObserver['stored']>[0]): void {
    this.rows += rows.length;
    const last = rows.at(-1);
    if (last) this.newest = Math.max(this.newest, Date.parse(last.event.received_at));
  }

  rejected(rows: Parameters<WorkerObserver['rejected']>[0]): void {
    this.rejectedRows += rows.length;
  }

  retrying(): void {
    this.retries++;
  }

  #freshness(registers: Registry[]): void {
    const newest = () => this.newest;
    new Gauge({
      name: 'stargate_freshness_seconds',
      help: 'Age of the newest received_at that is queryable.',
      registers,
      collect() {
        if (newest() > 0) this.set(Math.max(0, (Date.now() - newest()) / 1000));
      },
    });
  }
}

function counter(registers: Registry[], name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** Those who scrape wait for ten seconds, by default, and then have nothing at all. */
const LAG_MS = 3_000;

/** Not a number while nobody can tell: without brokers the other metrics are wanted most. */
function lagGauges(registers: Registry[], lag: () => Promise<readonly PartitionLag[]>): void {
  let asking: ReturnType<typeof lagOrNull> | null = null;
  const gauge = (name: string, help: string, read: (partitions: readonly PartitionLag[]) => number) =>
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        // One look for both.
        asking ??= lagOrNull(lag).finally(() => {
          asking = null;
        });
        const partitions = await asking;
        this.set(partitions === null ? Number.NaN : read(partitions));
      },
    });
  gauge('stargate_worker_lag_seconds', 'Age of the oldest record not committed.', (partitions) =>
    Math.max(0, ...partitions.map(({ seconds }) => seconds ?? 0)),
  );
  gauge('stargate_worker_lag_records', 'Records not committed, all partitions.', (partitions) =>
    partitions.reduce((sum, { records }) => sum + records, 0),
  );
}

async function lagOrNull(
  lag: () => Promise<readonly PartitionLag[]>,
): Promise<readonly PartitionLag[] | null> {
  return Promise.race([lag().catch(() => null), sleep(LAG_MS, null, { ref: false })]);
}
