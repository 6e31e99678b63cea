/**
 * Row 29: nothing is made and nothing vanishes between the log and the warehouse, looked at once a second from what is
 * durable. In DuckDB rows and the position behind them change in one transaction, so they fit at any moment; in BigQuery
 * the rows are the position. The group's position may only be behind the warehouse's, and that only behind the log's
 * end. The three are read in this order, each only growing, so a sample needs no pause of the system.
 */
import type { Check } from './check.js';
import type { Held } from './sink.js';
import type { Stage } from './stage.js';

export interface Sample extends Held {
  readonly committed: number;
  readonly end: number;
}

export class Conservation {
  readonly #stage: Stage;
  readonly violations: string[] = [];
  samples = 0;
  /** Records are being rejected: DuckDB's positions move with the rows, which may be a moment before that is stored. */
  rejecting = false;
  /** Most records that were stored, and not committed yet. */
  mostUncommitted = 0;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #end = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  begin(): void {
    let busy = false;
    this.#timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.#looking = this.#look().finally(() => (busy = false));
    }, 1_000);
  }

  end(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** The last look, when nothing moves: now everything must be equal. */
  async settled(): Promise<Sample | null> {
    this.end();
    await this.#looking;
    const sample = await this.#sample();
    if (sample === null) return null;
    const { rows, rejected, end, committed } = sample;
    if (rows + rejected !== end || committed !== end)
      this.violations.push(`at the end, of ${end} records: ${JSON.stringify(sample)}`);
    return sample;
  }

  /**
   * What a collector that lived through the run has counted: all that was promised, and nothing that is not there.
   * `rejected`: records that are there without being events.
   */
  counted(acknowledged: number | null, { acknowledged: promised, stored }: Check, rejected: number): void {
    if (acknowledged === null || (acknowledged >= promised && acknowledged <= stored + rejected)) return;
    this.violations.push(
      `${acknowledged} counted, ${promised} promised, ${stored} stored, ${rejected} rejected`,
    );
  }

  async #look(): Promise<void> {
    const sample = await this.#sample().catch(() => null);
    if (sample === null) return;
    const { committed, rows, rejected, done, end } = sample;
    this.samples += 1;
    this.mostUncommitted = Math.max(this.mostUncommitted, done - committed);
    const broken = [
      (committed > done || committed > rows + rejected) && 'committed before it was stored',
      (rows > done || (rows + rejected < done && !this.rejecting)) && 'rows and positions differ',
      done > end && 'rows of records that the log does not have',
      end < this.#end && 'the log became shorter',
    ].filter((what) => what !== false);
    for (const what of broken) this.violations.push(`${what}: ${JSON.stringify(sample)}`);
    this.#end = Math.max(this.#end, end);
  }

  /** Null while a broker or the warehouse's owner is away. */
  async #sample(): Promise<Sample | null> {
    const { worker, sink } = this.#stage;
    if (worker === null || sink === null) return null;
    const committed = total(await this.#stage.committed());
    const held = await sink.held();
    if (held === null) return null;
    return { committed, ...held, end: total(await this.#stage.ends()) };
  }
}

const total = (positions: ReadonlyMap<number, number>): number =>
  [...positions.values()].reduce((sum, position) => sum + position, 0);
