/**
 * Bytes of records that a worker holds, all its partitions together: taken from the log, and not stored yet. What is
 * made of a record is several times as large, and old objects cost the most to collect.
 */
export class Room {
  readonly #most: number;
  readonly #waiting = new Set<() => void>();
  #held = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get full(): boolean {
    return this.#held > this.#most;
  }

  take(bytes: number): void {
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
    this.wake();
  }

  /** Everybody who waits looks again. */
  wake(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves as soon as `isFree` holds, looked at whenever something changes. */
  wait(isFree: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isFree()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
