/** Percentiles over the last thousand values, by nearest rank. */
const WINDOW = 1_000;

export class Percentiles {
  readonly #values = new Float64Array(WINDOW);
  #count = 0;

  add(value: number): void {
    this.#values[this.#count++ % WINDOW] = value;
  }

  /** Null without any value. */
  read(): { p50: number; p99: number } | null {
    const size = Math.min(this.#count, WINDOW);
    if (size === 0) return null;
    const sorted = this.#values.slice(0, size).sort();
    const rank = (share: number) => sorted[Math.max(0, Math.ceil(size * share) - 1)]!;
    return { p50: rank(0.5), p99: rank(0.99) };
  }

  clear(): void {
    this.#count = 0;
  }
}
