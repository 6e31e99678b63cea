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
        // Before the first row there is no age: 0 would be called fresh.
        if (newest() > 0) this.set(Math.max(0, (Date.now() - newest()) / 1000));
        else this.remove();
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

/** A log that does not answer must not take all other figures of a scrape with it. */
const LAG_MS = 2_000;

/** Both from one answer of the log; without one they are absent, since neither 0 nor what was is true. */
function lagGauges(registers: Registry[], lag: () => Promise<readonly PartitionLag[]>): void {
  let asking: Promise<readonly PartitionLag[] | null> | null = null;
  const ask = () => {
    asking ??= inTime(lag()).finally(() => {
      asking = null;
    });
    return asking;
  };
  const gauge = (name: string, help: string, read: (all: readonly PartitionLag[]) => number | null) =>
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        const all = await ask();
        const value = all && read(all);
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  gauge('stargate_worker_lag_seconds', 'Age of the oldest record not committed.', oldest);
  gauge('stargate_worker_lag_records', 'Records not committed, all partitions.', (all) =>
    all.reduce((sum, { records }) => sum + records, 0),
  );
}

/** Null where no partition can tell. */
function oldest(partitions: readonly PartitionLag[]): number | null {
  const ages = partitions.flatMap(({ seconds }) => seconds ?? []);
  return ages.length === 0 && partitions.length > 0 ? null : Math.max(0, ...ages);
}

/** What the work comes to; null when it fails, or takes longer than a scrape waits. */
async function inTime<T>(work: Promise<T>): Promise<T | null> {
  const over = new AbortController();
  const late = sleep(LAG_MS, null, { signal: over.signal }).catch(() => null);
  return Promise.race([work.catch(() => null), late]).finally(() => over.abort());
}
