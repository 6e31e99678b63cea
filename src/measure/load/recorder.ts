/** Counts what a sender sees, by interval of the run, and hands out what was added since the last time. */
import { bucketOf, type Counts, newCounts, packed } from './counts.js';
import type { ErrorLayer } from './report.js';
import type { RowDelta } from './wire.js';

class Row {
  index = 0;
  planned = 0;
  failed = 0;
  answered = 0;
  waitedMs = 0;
  waited = 0;
  readonly response: Counts = newCounts();
  readonly service: Counts = newCounts();
  readonly lag: Counts = newCounts();

  /** What it holds; empties it. */
  take(): RowDelta {
    const { index, planned, failed, answered, waitedMs, waited, response, service, lag } = this;
    const delta = {
      row: index,
      ...{ planned, failed, answered, waitedMs, waited },
      response: packed(response),
      service: packed(service),
      lag: packed(lag),
    };
    response.fill(0);
    service.fill(0);
    lag.fill(0);
    Object.assign(this, { planned: 0, failed: 0, answered: 0, waitedMs: 0, waited: 0 });
    return delta;
  }
}

/** Emptied rows to use again, at most: a row is 280 kB. */
const SPARE = 8;

export class Recorder {
  readonly #stepMs: number;
  #endMs: number;
  readonly #rows = new Map<number, Row>();
  readonly #spare: Row[] = [];
  #last: Row | null = null;
  #codes: Record<string, number> = {};
  #errors: Partial<Record<ErrorLayer, number>> = {};
  #freeMs = 0;
  #free = 0;
  #shed = 0;

  /** @param endMs when planning ends: what comes later belongs to intervals behind it */
  constructor(stepMs: number, endMs: number) {
    this.#stepMs = stepMs;
    this.#endMs = endMs;
  }

  /** Planning ended earlier. */
  end(endMs: number): void {
    this.#endMs = Math.min(this.#endMs, endMs);
  }

  /** The pacer handed a request over, `lagMs` after its planned start. */
  planned(plannedMs: number, lagMs: number): void {
    const row = this.#at(plannedMs);
    row.planned++;
    row.lag[bucketOf(lagMs * 1000)]!++;
  }

  /** An answer. `sentMs`: when the request left the queue, `waited`: whether it had to wait there for a connection. */
  answered(plannedMs: number, sentMs: number, nowMs: number, status: number, waited: boolean): void {
    const service = nowMs - sentMs;
    const row = this.#at(plannedMs);
    row.response[bucketOf((nowMs - plannedMs) * 1000)]!++;
    if (status < 200 || status > 299) row.failed++;
    const here = this.#at(nowMs);
    here.answered++;
    here.service[bucketOf(service * 1000)]!++;
    if (waited) {
      here.waitedMs += service;
      here.waited++;
    }
    this.#codes[status] = (this.#codes[status] ?? 0) + 1;
  }

  /** A service time while most connections were free. */
  free(serviceMs: number): void {
    this.#freeMs += serviceMs;
    this.#free++;
  }

  shed(): void {
    this.#shed++;
  }

  /** A request without an answer. `lastedMs`: how long it had been due, where that is a lower bound of its latency. */
  failed(plannedMs: number, layer: ErrorLayer, lastedMs: number | null): void {
    const row = this.#at(plannedMs);
    row.failed++;
    if (lastedMs !== null) row.response[bucketOf(lastedMs * 1000)]!++;
    this.#errors[layer] = (this.#errors[layer] ?? 0) + 1;
  }

  /** Everything since the last time. */
  take() {
    const rows = [...this.#rows.values()].map((row) => {
      const delta = row.take();
      if (this.#spare.length < SPARE) this.#spare.push(row);
      return delta;
    });
    this.#rows.clear();
    this.#last = null;
    const taken = {
      rows,
      codes: this.#codes,
      errors: this.#errors,
      freeMs: this.#freeMs,
      free: this.#free,
      shed: this.#shed,
    };
    this.#codes = {};
    this.#errors = {};
    this.#freeMs = this.#free = this.#shed = 0;
    return taken;
  }

  #at(ms: number): Row {
    const [step, end] = [this.#stepMs, this.#endMs];
    const index = ms < end ? Math.floor(ms / step) : Math.ceil(end / step) + Math.floor((ms - end) / step);
    if (this.#last?.index === index) return this.#last;
    let row = this.#rows.get(index);
    if (!row) {
      row = this.#spare.pop() ?? new Row();
      row.index = index;
      this.#rows.set(index, row);
    }
    this.#last = row;
    return row;
  }
}
