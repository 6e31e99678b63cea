import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DurableEnd, EndReader } from './end-file.js';

/**
 * How soon a reader in another process sees new records: while they come, and after a quiet second. Waking up is
 * what costs (about 170 µs on a small virtual machine, the read itself 2), so this stays below 1 % of a core.
 */
const BUSY_MS = 4;
const IDLE_MS = 24;
const BUSY_FOR_MS = 1_000;
/** How often a new slot is looked for. */
const FOLDERS_MS = 500;

interface Followed {
  end: DurableEnd;
  /** Null for the slot that this process writes: its writer tells us. */
  readonly file: EndReader | null;
  readonly waiting: Set<() => void>;
}

export const partitionFolder = (log: string, partition: number): string =>
  join(log, String(partition).padStart(5, '0'));

/**
 * Durable ends of all partitions in a log's folder. Slots of other processes are polled, and only while somebody
 * waits: a poll reads 64 bytes from the page cache, which is cheaper and surer than a file watcher.
 */
export class Ends {
  readonly #log: string;
  readonly #partitions = new Map<number, Followed>();
  readonly #listeners = new Set<(partition: number) => void>();
  #timer: NodeJS.Timeout | null = null;
  /** Whether the timer is one for records. */
  #polling = false;
  #grewAt = Number.NEGATIVE_INFINITY;
  #lookedAt = 0;

  constructor(log: string) {
    this.#log = log;
  }

  /** Told by this process's own writer. */
  own(partition: number, end: DurableEnd): void {
    const followed = this.#partitions.get(partition);
    if (followed) this.#grow(followed, end);
    else this.#add(partition, { end, file: null, waiting: new Set() });
  }

  /** Partitions on disk now. */
  list(): number[] {
    this.#look();
    return [...this.#partitions.keys()].sort((a, b) => a - b);
  }

  /** The end as last seen. */
  of(partition: number): DurableEnd {
    return this.#partitions.get(partition)!.end;
  }

  /** The end as it is on disk now. */
  fresh(partition: number): DurableEnd {
    this.#poll(this.#partitions.get(partition)!);
    return this.of(partition);
  }

  /** Calls back for each partition that appears from now on, until the returned function is called. */
  onPartition(listener: (partition: number) => void): () => void {
    this.#listeners.add(listener);
    this.#arm();
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the partition's end lies behind `than`, or on abort. */
  grown(partition: number, than: number, signal: AbortSignal): Promise<void> {
    const followed = this.#partitions.get(partition)!;
    return new Promise((resolve) => {
      const check = (): void => {
        if (followed.end.offset <= than && !signal.aborted) return;
        followed.waiting.delete(check);
        signal.removeEventListener('abort', check);
        resolve();
      };
      followed.waiting.add(check);
      signal.addEventListener('abort', check);
      this.#poll(followed);
      check();
      this.#arm();
    });
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#listeners.clear();
    for (const { file } of this.#partitions.values()) file?.close();
  }

  #add(partition: number, followed: Followed): void {
    this.#partitions.set(partition, followed);
    for (const listener of this.#listeners) listener(partition);
  }

  #grow(followed: Followed, end: DurableEnd): void {
    if (end.offset > followed.end.offset) this.#grewAt = performance.now();
    followed.end = end;
    for (const check of followed.waiting) check();
  }

  #poll(followed: Followed): void {
    const end = followed.file?.read()?.end;
    // A writer that starts anew publishes nothing lower: recovery keeps all that was durable.
    if (end && (end.offset > followed.end.offset || end.base > followed.end.base)) this.#grow(followed, end);
  }

  #look(): void {
    this.#lookedAt = performance.now();
    for (const name of readdirSync(this.#log)) {
      if (!/^\d{5}$/.test(name) || this.#partitions.has(Number(name))) continue;
      const file = new EndReader(join(this.#log, name));
      const found = file.read();
      // Without an end its writer is still at its first start.
      if (found) this.#add(Number(name), { end: found.end, file, waiting: new Set() });
      else file.close();
    }
  }

  /** Sets the timer for the next look; one that waits for folders only gives way to one for records. */
  #arm(): void {
    const awaited = this.#isAwaited();
    if (this.#timer && (this.#polling || !awaited)) return;
    if (!awaited && this.#listeners.size === 0) return;
    if (this.#timer) clearTimeout(this.#timer);
    const busy = performance.now() - this.#grewAt < BUSY_FOR_MS;
    this.#polling = awaited;
    this.#timer = setTimeout(() => this.#tick(), awaited ? (busy ? BUSY_MS : IDLE_MS) : FOLDERS_MS);
  }

  /** Whether somebody waits for a slot that only polling can tell of. */
  #isAwaited(): boolean {
    for (const { file, waiting } of this.#partitions.values()) if (file && waiting.size > 0) return true;
    return false;
  }

  #tick(): void {
    this.#timer = null;
    try {
      for (const followed of this.#partitions.values()) if (followed.waiting.size > 0) this.#poll(followed);
      if (this.#listeners.size > 0 && performance.now() - this.#lookedAt > FOLDERS_MS) this.#look();
    } catch {
      // A disk in trouble, or no free descriptor: thrown from a timer it would end the process. The next look may work.
    }
    this.#arm();
  }
}
