/**
 * Decides when small row groups are merged. Each checkpoint leaves one of about 8 MiB of records, which keeps its
 * stall short; DuckDB reads large ones better, and merging a full row group's worth takes it a second in
 * which nothing is stored. So it waits for a quiet moment, and takes one piece at a time. Row groups also take
 * memory, 0.8 MiB each, that no limit counts: where quiet never comes, a second a minute is given up in the end.
 */
export const COMPACT_BYTES = 96 * 1_048_576;
const LOOK_MS = 5_000;
/** So many pieces may wait: about a million page views, 80 MiB. */
export const MOST_PIECES = 16;
const BUSY_LOOKS = 12;
/** Rows in one look that still count as quiet: so few can wait a second. */
const QUIET_ROWS = 100;

export class Compactor {
  readonly #compact: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #pending = 0;
  #recent = 0;
  #busy = false;
  /** Looks in a row that found no quiet. */
  #looks = 0;

  constructor(compact: () => Promise<void>, lookMs: number = LOOK_MS) {
    this.#compact = compact;
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
  }

  /** Tells of a transaction that stored rows. */
  wrote(rows: number, bytes: number): void {
    this.#recent += rows;
    this.#pending += bytes;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const quiet = this.#recent <= QUIET_ROWS;
    this.#recent = 0;
    this.#looks = quiet ? 0 : this.#looks + 1;
    const urgent = this.#pending >= MOST_PIECES * COMPACT_BYTES && this.#looks >= BUSY_LOOKS;
    if (this.#busy || !(quiet || urgent) || this.#pending < COMPACT_BYTES) return;
    this.#busy = true;
    this.#looks = 0;
    this.#pending -= COMPACT_BYTES;
    // A failure costs speed, not data; the next append meets the same trouble and reports it.
    await this.#compact().catch(() => undefined);
    this.#busy = false;
  }
}
