/** Asks the warehouse what became of a run: each accepted event must be there, once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '../dev-query.js';
import { isSet } from './acknowledgements.js';
import { type Curve, freshnessOf, shareWithin } from './freshness.js';
import type { Verification } from './report.js';
import type { SenderEnd } from './wire.js';

export interface VerifyOptions {
  readonly ask: Queryable;
  /** How long after the run rows may take to be there, ms. */
  readonly timeoutMs: number;
}

/** How often the number of rows is asked for while the run lasts, and behind it. */
const POLL_MS = 500;
const PAGE = 50_000;
/** Rows of the run came after its start; clocks may differ. Keeps a partitioned table from being read as a whole. */
const CLOCKS_MS = 10 * 60_000;

export interface Verified {
  readonly verification: Verification;
  /** Share queryable within a time, ms. */
  readonly within: (limitMs: number) => number;
}

export class Verifier {
  readonly #options: VerifyOptions;
  readonly #run: string;
  readonly #where: string;
  readonly #accepted: [number, number][] = [];
  readonly #stored: [number, number][] = [];
  readonly #stop = new AbortController();
  #polling: Promise<void> = Promise.resolve();

  constructor(run: string, options: VerifyOptions) {
    this.#run = run;
    this.#options = options;
    const since = new Date(Date.now() - CLOCKS_MS).toISOString();
    // '.' follows '-': every id that begins with the run's.
    this.#where = `event_id >= '${run}-' AND event_id < '${run}.' AND received_at >= TIMESTAMP '${since}'`;
  }

  /** Asks once, so that a warehouse that cannot be asked is known before load is sent; then goes on asking. */
  async start(): Promise<void> {
    await this.#count();
    const { signal } = this.#stop;
    this.#polling = this.#poll(() => signal.aborted, signal);
  }

  /** How many events the target has accepted so far. */
  accepted(count: number): void {
    if (count > (this.#accepted.at(-1)?.[1] ?? 0)) this.#accepted.push([performance.now(), count]);
  }

  /** Stops asking: the run failed. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#polling.catch(() => {});
  }

  /**
   * Waits until as many rows are there as were accepted, then compares each id.
   * @param rejected events that the target says it did not take
   * @param signal ends the waiting
   */
  async finish(
    ends: readonly SenderEnd[],
    batch: number,
    rejected: number,
    signal: AbortSignal | undefined,
  ): Promise<Verified> {
    await this.stop();
    const expected = (this.#accepted.at(-1)?.[1] ?? 0) as number;
    const deadline = performance.now() + this.#options.timeoutMs;
    await this.#poll(
      () => this.#rows >= expected || performance.now() > deadline || signal?.aborted === true,
      signal,
    );
    const compared = await this.#compare(ends, batch, rejected);
    const [accepted, stored]: [Curve, Curve] = [this.#accepted, this.#stored];
    const wrong = compared.missing > 0 || compared.duplicates > 0;
    const state = signal?.aborted ? 'not-judged' : wrong ? 'missed' : 'met';
    return {
      verification: { ...compared, freshness: freshnessOf(accepted, stored), state },
      within: (limitMs) => shareWithin(accepted, stored, limitMs),
    };
  }

  get #rows(): number {
    return this.#stored.at(-1)?.[1] ?? 0;
  }

  async #poll(done: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    while (!done()) {
      await this.#count();
      if (done()) return;
      await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }

  async #count(): Promise<void> {
    const { ask } = this.#options;
    const sql = `SELECT count(*) AS n FROM ${ask.tables.events} WHERE ${this.#where}`;
    const { rows } = await ask.query(sql);
    const count = Number(rows[0]?.n ?? 0);
    if (count > this.#rows) this.#stored.push([performance.now(), count]);
  }

  /** Every id of the run and how often it is there, in pages. */
  async *#ids(): AsyncGenerator<readonly [id: string, count: number]> {
    const { ask } = this.#options;
    for (let last = `${this.#run}-`; ; ) {
      const sql = `SELECT event_id AS id, count(*) AS n FROM ${ask.tables.events} WHERE ${this.#where} AND event_id > '${last}' GROUP BY event_id ORDER BY event_id LIMIT ${PAGE}`;
      const { rows } = await ask.query(sql, { maxRows: PAGE });
      for (const { id, n } of rows) yield [String(id), Number(n)];
      if (rows.length === 0) return;
      last = String(rows.at(-1)!.id);
    }
  }

  async #compare(ends: readonly SenderEnd[], batch: number, rejected: number) {
    const acknowledged = ends.map((end) => end.acknowledged ?? new Uint8Array());
    const requests = acknowledged.reduce((sum, bits) => sum + bits.reduce((n, byte) => n + ones(byte), 0), 0);
    let [stored, duplicates, unacknowledged] = [0, 0, 0];
    for await (const [id, count] of this.#ids()) {
      const [, worker = '', sequence = ''] = /^lt-[0-9a-f]+-([0-9a-f]+)-([0-9a-f]+)-\d+$/.exec(id) ?? [];
      const bits = acknowledged[Number.parseInt(worker, 16)];
      if (bits && isSet(bits, Number.parseInt(sequence, 16))) stored++;
      else unacknowledged++;
      duplicates += count - 1;
    }
    const accepted = Math.max(0, requests * batch - rejected);
    return { accepted, stored, missing: Math.max(0, accepted - stored), duplicates, unacknowledged };
  }
}

function ones(byte: number): number {
  let count = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return count;
}
