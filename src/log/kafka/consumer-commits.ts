import type { Commits } from '../consumer.js';
import type { Position } from '../port.js';
import type { Committed } from './consumer-offsets.js';

/**
 * Commits of one generation. One request is under way at a time, so that an older position never lands behind a
 * newer one; what is committed meanwhile goes into the next request together, the last position of each partition.
 */
export class GenerationCommits implements Commits {
  readonly #committed: ReadonlyMap<number, Committed>;
  readonly #write: (positions: ReadonlyMap<number, Committed>) => Promise<void>;
  #wanted = new Map<number, Committed>();
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(
    committed: ReadonlyMap<number, Committed>,
    write: (positions: ReadonlyMap<number, Committed>) => Promise<void>,
  ) {
    this.#committed = committed;
    this.#write = write;
  }

  /** As it was when the generation began. */
  committed(partition: number): Committed | null {
    return this.#committed.get(partition) ?? null;
  }

  commit(partition: number, at: Position, saved: string): Promise<void> {
    this.#wanted.set(partition, { at, saved });
    if (this.#next === null) {
      this.#next = this.#writing.then(() => this.#flush());
      this.#writing = this.#next.catch(() => {});
    }
    return this.#next;
  }

  async release(): Promise<void> {
    await this.#writing;
  }

  #flush(): Promise<void> {
    const positions = this.#wanted;
    this.#wanted = new Map();
    this.#next = null;
    return this.#write(positions);
  }
}
