/**
 * Decides when small row groups are merged. Each checkpoint leaves one of about 8 MiB of records, which keeps its
 * stall short; DuckDB reads large ones better, and merging a full row group's worth takes it a second in
 * which nothing is stored. So it waits for a quiet moment, and takes one piece at a time.
 */
export const COMPACT_BYTES = 96 * 1_048_576;
const LOOK_MS = 5_000;
/** Rows in one look that still count as quiet: so few can wait a second. */
const QUIET_ROWS = 100;

export class Compactor {
  readonly #compact: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #pending = 0;
  #recent = 0;
  #busy = false;

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
    if (!quiet || this.#busy || this.#pending < COMPACT_BYTES) return;
    this.#busy = true;
    this.#pending -= COMPACT_BYTES;
    // A failure costs speed, not data; the next append meets the same trouble and reports it.
    await this.#compact().catch(() => undefined);
    this.#busy = false;
  }
}
