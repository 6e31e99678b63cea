/**
 * What is known about each probe. Bounds come from looks: a look that misses a probe proves that it was not visible
 * when that look started; one that finds it proves that it was when the answer arrived.
 */
import type { ProbeRow, Sent } from './ports.js';
import type { ProbeOutcome } from './report.js';

export interface Probe {
  readonly id: string;
  readonly sequence: number;
  /** ms by which it left later than planned. */
  readonly lag: number;
  /** Monotonic ms, and ms since 1970 at the same moment. */
  readonly sentAt: number;
  readonly sentWall: number;
  answeredAt: number | null;
  status: number | null;
  reason: string | null;
  /** Start of the last look that missed it; its send, where none did. */
  missedAt: number;
  /** Arrival of the answer that found it. */
  foundAt: number | null;
  /** ms by which the event loop was late when that answer came. */
  stall: number;
  rows: number;
  receivedAt: number | null;
  loggedAt: number | null;
  /** Null while it is looked for. */
  outcome: ProbeOutcome | null;
}

/** One answered query. Monotonic ms. */
export interface Look {
  readonly startedAt: number;
  readonly arrivedAt: number;
  readonly stall: number;
  readonly rows: readonly ProbeRow[];
}

export interface LedgerOptions {
  readonly timeoutMs: number;
  /** Probes that are remembered at most. */
  readonly keep: number;
  /** ms after its send in which a found probe is still covered by looks, for its repeats. */
  readonly repeatsMs: number;
}

type Leaving = Pick<Probe, 'id' | 'sequence' | 'lag' | 'sentAt' | 'sentWall'>;

export class Ledger {
  /** In the order of sending; of a run without end, the latest `keep`. */
  readonly probes: Probe[] = [];
  sent = 0;
  readonly #byId = new Map<string, Probe>();
  readonly #open = new Set<Probe>();
  readonly #options: LedgerOptions;
  readonly #onSettled: (probe: Probe) => void;

  constructor(options: LedgerOptions, onSettled: (probe: Probe) => void = () => {}) {
    this.#options = options;
    this.#onSettled = onSettled;
  }

  /** Probes that are still looked for. */
  get open(): number {
    return this.#open.size;
  }

  leave({ id, sequence, lag, sentAt, sentWall }: Leaving): Probe {
    const probe: Probe = {
      id,
      sequence,
      lag,
      sentAt,
      sentWall,
      answeredAt: null,
      status: null,
      reason: null,
      missedAt: sentAt,
      foundAt: null,
      stall: 0,
      rows: 0,
      receivedAt: null,
      loggedAt: null,
      outcome: null,
    };
    this.sent++;
    this.probes.push(probe);
    this.#byId.set(probe.id, probe);
    this.#open.add(probe);
    while (this.probes.length > this.#options.keep) this.#byId.delete(this.probes.shift()!.id);
    return probe;
  }

  /** The answer to a probe. What was not accepted is looked for no more, unless its row was there already. */
  answer(probe: Probe, { accepted, status, reason }: Sent, at: number): void {
    probe.status = status;
    probe.reason = reason;
    if (accepted) probe.answeredAt = at;
    else if (probe.outcome === null) this.#settle(probe, 'refused');
  }

  /** The first probe that the next look must cover: those open, and those whose repeats may still come. */
  firstToCover(now: number): Probe | null {
    if (this.#open.size === 0) return null;
    const [oldest] = this.#open;
    const { repeatsMs } = this.#options;
    const recent = repeatsMs > 0 && this.probes.find(({ sentAt }) => now - sentAt < repeatsMs);
    return recent && recent.sequence < oldest!.sequence ? recent : oldest!;
  }

  looked({ startedAt, arrivedAt, stall, rows }: Look): void {
    for (const row of rows) {
      const probe = this.#byId.get(row.id);
      if (!probe) continue;
      probe.rows = Math.max(probe.rows, row.rows);
      if (probe.outcome === null) this.#find(probe, row, arrivedAt, stall);
    }
    for (const probe of this.#open) {
      // A look that started before the probe left says nothing about it.
      probe.missedAt = Math.max(probe.missedAt, startedAt);
      if (startedAt - probe.sentAt >= 2 * this.#options.timeoutMs) this.#settle(probe, 'lost');
    }
  }

  #find(probe: Probe, row: ProbeRow, arrivedAt: number, stall: number): void {
    probe.foundAt = arrivedAt;
    probe.stall = stall;
    probe.receivedAt = row.receivedAt;
    probe.loggedAt = row.loggedAt;
    this.#settle(probe, arrivedAt - probe.sentAt <= this.#options.timeoutMs ? 'found' : 'late');
  }

  #settle(probe: Probe, outcome: ProbeOutcome): void {
    probe.outcome = outcome;
    this.#open.delete(probe);
    this.#onSettled(probe);
  }
}
