import { createHistogram } from 'node:perf_hooks';

/** ms from the record's time in the log until its row is stored. */
export class Latency {
  #histogram = createHistogram({ lowest: 1, highest: 600_000, figures: 3 });

  record(storedAt: number, rows: readonly Readonly<Record<string, unknown>>[]): void {
    for (const { kafka_timestamp } of rows)
      if (typeof kafka_timestamp === 'number')
        this.#histogram.record(Math.max(1, Math.round(storedAt - kafka_timestamp / 1_000)));
  }

  reset(): void {
    this.#histogram.reset();
  }

  summary() {
    const at = (share: number) => this.#histogram.percentile(share);
    return { latency: { count: this.#histogram.count, p50: at(50), p99: at(99), max: this.#histogram.max } };
  }
}
