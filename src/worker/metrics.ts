/** The worker's metrics (reliability.md §4). The loop counts in plain numbers; prom-client reads them when scraped. */
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

function lagGauges(registers: Registry[], lag: () => Promise<readonly PartitionLag[]>): void {
  const seconds = new Gauge({
    name: 'stargate_worker_lag_seconds',
    help: 'Age of the oldest record not committed.',
    registers,
  });
  new Gauge({
    name: 'stargate_worker_lag_records',
    help: 'Records not committed, all partitions.',
    registers,
    async collect() {
      const partitions = await lag();
      this.set(partitions.reduce((sum, { records }) => sum + records, 0));
      seconds.set(Math.max(0, ...partitions.map((partition) => partition.seconds ?? 0)));
    },
  });
}
