/** How long each partition waited for its next row, where new records come to all of them all the time. */
import { quantile, rounded } from './answers.js';

/** Rows by partition until now. */
export type Progress = () => ReadonlyMap<number, number> | Promise<ReadonlyMap<number, number>>;

export class Watch {
  readonly #progress: Progress;
  readonly #timer: NodeJS.Timeout;
  readonly #last = new Map<number, number>();
  #seen: ReadonlyMap<number, number> = new Map();
  #watching = false;
  #busy = false;
  #gaps: number[] = [0];

  /** Looks every `everyMs`, which is how exact it is. */
  constructor(progress: Progress, everyMs = 50) {
    this.#progress = progress;
    this.#timer = setInterval(() => void this.#look(), everyMs);
  }

  /** Whether a first row is there. */
  get rows(): number {
    return [...this.#seen.values()].reduce((sum, rows) => sum + rows, 0);
  }
  get longestMs(): number {
    return rounded(Math.max(...this.#gaps));
  }
  get p99Ms(): number {
    return rounded(quantile(this.#gaps, 0.99));
  }

  begin(partitions: number): void {
    for (let partition = 0; partition < partitions; partition++) this.#last.set(partition, performance.now());
    this.#watching = true;
  }

  /** A partition that waits still counts as well. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#watching) for (const last of this.#last.values()) this.#gaps.push(performance.now() - last);
    this.#watching = false;
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#saw(await this.#progress());
    } catch {
      // Nobody answers: they wait.
    } finally {
      this.#busy = false;
    }
  }

  #saw(counts: ReadonlyMap<number, number>): void {
    const now = performance.now();
    for (const [partition, rows] of counts) {
      if (rows <= (this.#seen.get(partition) ?? 0)) continue;
      if (this.#watching) {
        this.#gaps.push(now - this.#last.get(partition)!);
        this.#last.set(partition, now);
      }
    }
    if (counts.size > 0) this.#seen = counts;
  }
}
