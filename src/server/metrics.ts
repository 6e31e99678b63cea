/**
 * The collector's metrics (reliability.md §4). The hot path counts in plain numbers; prom-client reads them
 * when somebody scrapes, because its own `inc` with labels costs more than the routing of a request.
 */
import { performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { SendCounters } from '../log/port.js';

/** Seconds; from a memory log to the answer deadline. */
const ACK_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SENDING = [
  ['requests', 'Produce requests sent.'],
  ['batches', 'Batches made.'],
  ['resends', 'Batches sent again.'],
  ['bytes', 'Bytes of batches, each time they were sent.'],
] as const;
const RATIO_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 500, 1_000];

export class CollectorMetrics {
  readonly registry: Registry;
  received = 0;
  acknowledged = 0;
  /** Connections that were refused at the limit. */
  dropped = 0;
  /** Records that went from the spool to the log. */
  replayed = 0;
  /** Failures are there from the start: of a counter that appears with a value nobody sees an increase. */
  readonly #codes = new Map([
    [500, 0],
    [503, 0],
  ]);
  readonly #rejected = new Map<string, number>();
  readonly #producerErrors = new Map<string, number>();
  readonly #ack: Histogram;
  readonly #ratio: Histogram;
  #inflight: () => number = () => 0;
  #sending: () => SendCounters | undefined = () => undefined;

  constructor(version: string, registry = new Registry()) {
    this.registry = registry;
    this.#ack = new Histogram({
      name: 'stargate_ack_duration_seconds',
      help: 'From the whole request to the acknowledgement of the log.',
      buckets: ACK_BUCKETS,
      registers: [registry],
    });
    this.#ratio = new Histogram({
      name: 'stargate_inflate_ratio',
      help: 'Decompressed by compressed size of gzip bodies.',
      buckets: RATIO_BUCKETS,
      registers: [registry],
    });
    this.#registerCounters(version);
    this.#registerGauges();
  }

  request(status: number): void {
    this.#codes.set(status, (this.#codes.get(status) ?? 0) + 1);
  }

  /** `reason` is one of REASONS, so the label is bounded. */
  rejected(reason: string): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1);
  }

  producerError(kind: 'not_stored' | 'unknown'): void {
    this.#producerErrors.set(kind, (this.#producerErrors.get(kind) ?? 0) + 1);
  }

  ackSeconds(seconds: number): void {
    this.#ack.observe(seconds);
  }

  inflated(ratio: number): void {
    this.#ratio.observe(ratio);
  }

  /** Where the bytes in flight are read from. */
  watchInflight(read: () => number): void {
    this.#inflight = read;
  }

  /** A log that answers before it has stored: what it then could not store. */
  watchLost(lost: Readonly<Record<'not_stored' | 'unknown', number>>): void {
    const registers = [this.registry];
    const help = 'Events answered with success, then certainly not stored, or perhaps not.';
    const read = () => Object.entries(lost);
    labelled(registers, 'stargate_events_lost_total', help, 'state', { entries: read });
  }

  /** What a log has counted that sends to brokers. */
  watchSending(read: () => SendCounters | undefined): void {
    this.#sending = read;
    const registers = [this.registry];
    for (const [figure, help] of SENDING)
      plain(registers, `stargate_producer_${figure}_total`, help, () => read()?.[figure] ?? 0);
  }

  /** A log with a spool above it: what went there, and what waits. `maxBytes`: what the spool may hold. */
  watchSpool(log: SpoolFigures, maxBytes: number): void {
    const registers = [this.registry];
    const count = () => log.spooled;
    plain(registers, 'stargate_events_spooled_total', 'Events answered from the spool.', count);
    plain(
      registers,
      'stargate_spool_replayed_total',
      'Records carried over to the log.',
      () => this.replayed,
    );
    const most = 'Bytes at which the spool takes no more.';
    new Gauge({ name: 'stargate_spool_max_bytes', help: most, registers }).set(maxBytes);
    waiting(registers, 'stargate_spool_bytes', 'Bytes that the spool keeps for them.', log, 'bytes');
    waiting(registers, 'stargate_spool_records', 'Records that wait in the spool.', log, 'records');
    waiting(registers, 'stargate_spool_oldest_age_seconds', 'Age of the oldest of them.', log, 'seconds');
  }

  /** What a log refuses for good, and is set aside: events that were acknowledged, and that somebody has to look at. */
  watchRefused(figures: () => Promise<{ readonly records: number }>): void {
    new Gauge({
      name: 'stargate_refused_records',
      help: 'Records that the log refuses, set aside beside the spool.',
      registers: [this.registry],
      collect() {
        return setOrLeave(this, async () => (await figures()).records);
      },
    });
  }

  #registerCounters(version: string): void {
    const registers = [this.registry];
    labelled(registers, 'stargate_http_requests_total', 'Answers by status code.', 'code', this.#codes);
    labelled(
      registers,
      'stargate_events_rejected_total',
      'Events stored as rejected.',
      'reason',
      this.#rejected,
    );
    labelled(
      registers,
      'stargate_producer_errors_total',
      'Appends without success (not_stored, unknown); answers of brokers that were none, and tries to connect (in capitals).',
      'kind',
      { entries: () => [...this.#producerErrors, ...Object.entries(this.#sending()?.errors ?? {})] },
    );
    plain(
      registers,
      'stargate_events_received_total',
      'Events in well-formed requests.',
      () => this.received,
    );
    plain(
      registers,
      'stargate_events_acknowledged_total',
      'Events answered with success.',
      () => this.acknowledged,
    );
    plain(registers, 'stargate_connections_dropped_total', 'Connections over the limit.', () => this.dropped);
    new Gauge({
      name: 'stargate_build_info',
      help: 'Version of this process.',
      labelNames: ['version', 'node'],
      aggregator: 'first',
      registers,
      collect() {
        this.set({ version, node: process.version }, 1);
      },
    });
  }

  #registerGauges(): void {
    const registers = [this.registry];
    const inflight = () => this.#inflight();
    let before = performance.eventLoopUtilization();
    new Gauge({
      name: 'stargate_inflight_bytes',
      help: 'Bytes between their arrival and their outcome.',
      registers,
      collect() {
        this.set(inflight());
      },
    });
    new Gauge({
      name: 'stargate_eventloop_utilization_ratio',
      help: 'Share of time since the last scrape in which the event loop was busy.',
      aggregator: 'average',
      registers,
      collect() {
        const now = performance.eventLoopUtilization();
        this.set(performance.eventLoopUtilization(now, before).utilization);
        before = now;
      },
    });
  }
}

/** What the metrics of a spool are read from. */
export interface SpoolFigures {
  readonly spooled: number;
  waiting(): Promise<{ readonly records: number; readonly seconds: number; readonly bytes: number }>;
}

function waiting(
  registers: Registry[],
  name: string,
  help: string,
  log: SpoolFigures,
  figure: 'records' | 'seconds' | 'bytes',
): void {
  new Gauge({
    name,
    help,
    registers,
    aggregator: figure === 'seconds' ? 'max' : 'sum',
    collect() {
      return setOrLeave(this, async () => (await log.waiting())[figure]);
    },
  });
}

/** A figure that cannot be read now is absent: it must not take all others with it. */
async function setOrLeave(gauge: Gauge, read: () => Promise<number>): Promise<void> {
  try {
    gauge.set(await read());
  } catch {
    gauge.remove();
  }
}

function labelled(
  registers: Registry[],
  name: string,
  help: string,
  label: string,
  counts: { entries(): Iterable<readonly [string | number, number]> },
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset();
      for (const [value, count] of counts.entries()) this.inc({ [label]: String(value) }, count);
    },
  });
}

function plain(registers: Registry[], name: string, help: string, read: () => number): void {
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
