/**
 * Adds up what the sending processes tell, by interval of the run. Of an interval that is long past only its figures
 * are kept, so that an hour needs no more memory than two minutes.
 */
import { addPacked, type Counts, joined, newCounts, percentile } from './counts.js';
import { isBusy, onset, type RowFacts } from './judge.js';
import type { ErrorLayer, LatencyKind, LoadSeries } from './report.js';
import type { Delta, RowDelta } from './wire.js';

/** Intervals whose counts are kept. */
const LIVE_ROWS = 120;

const KINDS: readonly LatencyKind[] = ['response', 'service', 'lag'];
const NONE = new Uint32Array(0);

type Packed = Record<LatencyKind, Uint32Array>;
export type Sums = Record<LatencyKind, Counts>;

const newSums = (): Sums => ({ response: newCounts(), service: newCounts(), lag: newCounts() });

class Row implements RowFacts {
  planned = 0;
  answered = 0;
  failed = 0;
  waitedMs = 0;
  waited = 0;
  /** By process. */
  readonly busyMs: number[] = [];
  readonly elapsedMs: number[] = [];
  readonly backlogs: number[] = [];
  readonly inFlights: number[] = [];
  counts: Packed | null = { response: NONE, service: NONE, lag: NONE };
  #settled: { p50: Record<LatencyKind, number | null>; p99: Record<LatencyKind, number | null> } | null =
    null;

  add(delta: RowDelta): void {
    this.planned += delta.planned;
    this.answered += delta.answered;
    this.failed += delta.failed;
    this.waitedMs += delta.waitedMs;
    this.waited += delta.waited;
    if (this.counts) for (const kind of KINDS) this.counts[kind] = joined(this.counts[kind], delta[kind]);
  }

  /** ms; null where there is none. */
  at(kind: LatencyKind, percent: 50 | 99): number | null {
    if (this.#settled) return this.#settled[percent === 50 ? 'p50' : 'p99'][kind];
    const micros = percentile(this.counts![kind], percent);
    return micros === null ? null : micros / 1000;
  }

  settle(): Packed {
    const counts = this.counts!;
    const read = (percent: 50 | 99) =>
      Object.fromEntries(KINDS.map((kind) => [kind, this.at(kind, percent)])) as Record<
        LatencyKind,
        number | null
      >;
    this.#settled = { p50: read(50), p99: read(99) };
    this.counts = null;
    return counts;
  }

  get lagP99(): number {
    return this.at('lag', 99) ?? 0;
  }
  get utilisation(): number {
    const shares = this.busyMs.map((busy, i) => busy / Math.max(1, this.elapsedMs[i]!));
    return Math.min(1, Math.max(0, ...shares));
  }
  get backlog(): number {
    return sum(this.backlogs);
  }
  get inFlight(): number {
    return sum(this.inFlights);
  }
}

const sum = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);

export interface LedgerOptions {
  readonly stepMs: number;
  readonly durationMs: number;
  /** A whole number of steps. */
  readonly warmupMs: number;
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #rows: Row[] = [];
  readonly whole = newSums();
  readonly #judged = newSums();
  #settledRows = 0;
  /** The first interval in which this machine was the limit. */
  limitedRow: number | null = null;
  atMs = 0;
  sent = 0;
  readonly codes: Record<string, number> = {};
  readonly errors: Partial<Record<ErrorLayer, number>> = {};
  accepted: number | null = null;
  rejected: number | null = null;
  bytesSent = 0;
  bytesReceived = 0;
  #freeMs = 0;
  #free = 0;
  /** Answers, and answers that ask to wait, since the run began. */
  shed = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }
  get firstRow(): number {
    return this.#options.warmupMs / this.#options.stepMs;
  }
  /** Service time while most connections were free: what the target needs when nothing presses it. ms. */
  get freeServiceMs(): number | null {
    return this.#free < 2 ? null : this.#freeMs / this.#free;
  }
  get answered(): number {
    return sum(Object.values(this.codes));
  }

  add(delta: Delta): void {
    const { worker } = delta;
    this.atMs = Math.max(this.atMs, delta.atMs);
    this.sent += delta.sent;
    for (const [code, count] of Object.entries(delta.codes))
      this.codes[code] = (this.codes[code] ?? 0) + count;
    for (const [layer, count] of Object.entries(delta.errors) as [ErrorLayer, number][])
      this.errors[layer] = (this.errors[layer] ?? 0) + count;
    if (delta.accepted !== null) this.accepted = (this.accepted ?? 0) + delta.accepted;
    if (delta.rejected !== null) this.rejected = (this.rejected ?? 0) + delta.rejected;
    this.bytesSent += delta.bytesSent;
    this.bytesReceived += delta.bytesReceived;
    this.#freeMs += delta.freeMs;
    this.#free += delta.free;
    this.shed += delta.shed;
    for (const row of delta.rows) this.#addRow(row);
    const gauge = this.#row(Math.floor(Math.max(0, delta.atMs - 1) / this.#options.stepMs));
    gauge.busyMs[worker] = (gauge.busyMs[worker] ?? 0) + delta.busyMs;
    gauge.elapsedMs[worker] = (gauge.elapsedMs[worker] ?? 0) + delta.elapsedMs;
    gauge.backlogs[worker] = delta.backlog;
    gauge.inFlights[worker] = delta.inFlight;
    this.#judge();
    this.#settle();
  }

  /** Sums of the part in which the client kept up. */
  judged(): Sums {
    const sums = newSums();
    for (const kind of KINDS) {
      sums[kind].set(this.#judged[kind]);
      for (let i = this.#settledRows; i < this.#rows.length; i++)
        if (this.#isJudged(i)) addPacked(sums[kind], this.#rows[i]!.counts![kind]);
    }
    return sums;
  }

  /** Planned, answered and failed requests of the intervals from … to (exclusive). */
  totals(from = this.firstRow, to = this.#rows.length) {
    const part = this.#rows.slice(from, to);
    return {
      planned: sum(part.map(({ planned }) => planned)),
      answered: sum(part.map(({ answered }) => answered)),
      failed: sum(part.map(({ failed }) => failed)),
    };
  }

  /** @param endedMs when planning ended */
  series(endedMs: number): LoadSeries {
    const { stepMs } = this.#options;
    const rows = this.#rows.slice(0, Math.ceil(endedMs / stepMs));
    const column = <T>(read: (row: Row, seconds: number) => T) =>
      rows.map((row, i) => read(row, Math.min(stepMs, endedMs - i * stepMs) / 1000));
    return {
      stepMs,
      offered: column(({ planned }, s) => planned / s),
      achieved: column(({ answered }, s) => answered / s),
      responseP50: column((row) => row.at('response', 50)),
      responseP99: column((row) => row.at('response', 99)),
      serviceP50: column((row) => row.at('service', 50)),
      serviceP99: column((row) => row.at('service', 99)),
      lagP99: column((row) => row.at('lag', 99)),
      utilisation: column((row) => row.utilisation),
      backlog: column((row) => row.backlog),
      inFlight: column((row) => row.inFlight),
      failed: column(({ failed }, s) => failed / s),
    };
  }

  /** Flags of the measured intervals: whether this machine kept one from being what was asked for. */
  busyRows(): readonly boolean[] {
    const last = Math.min(this.#rows.length, Math.ceil(this.#options.durationMs / this.#options.stepMs));
    return this.#rows
      .slice(0, last)
      .map((row, i) => i >= this.firstRow && isBusy(row, this.#rows[i - 1] ?? null, this.freeServiceMs));
  }

  #isJudged(row: number): boolean {
    return row >= this.firstRow && (this.limitedRow === null || row < this.limitedRow);
  }

  #row(index: number): Row {
    while (this.#rows.length <= index) this.#rows.push(new Row());
    return this.#rows[index]!;
  }

  #addRow(delta: RowDelta): void {
    const row = this.#row(delta.row);
    row.add(delta);
    for (const kind of KINDS) {
      if (delta.row >= this.firstRow) addPacked(this.whole[kind], delta[kind]);
      if (row.counts === null && this.#isJudged(delta.row)) addPacked(this.#judged[kind], delta[kind]);
    }
  }

  #judge(): void {
    if (this.limitedRow !== null) return;
    this.limitedRow = onset(this.busyRows());
  }

  #settle(): void {
    for (; this.#settledRows < this.#rows.length - LIVE_ROWS; this.#settledRows++) {
      const counts = this.#rows[this.#settledRows]!.settle();
      if (!this.#isJudged(this.#settledRows)) continue;
      for (const kind of KINDS) addPacked(this.#judged[kind], counts[kind]);
    }
  }
}
