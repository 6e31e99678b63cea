/** `stargate_positions`: how far each partition of a log is done, for the recovery of last resort. */
import type { PartitionKey } from '../port.js';
import type { Sink } from './sink.js';

interface Note {
  readonly key: PartitionKey;
  readonly position: number | null;
}

const idOf = ({ log, partition }: PartitionKey): string => JSON.stringify([log, partition]);

/**
 * At most one row a partition in each interval, the newest. A crash leaves the table behind, which is why the rows
 * themselves are asked too; that it could not be written fails nothing, and is tried again.
 */
export class Positions {
  readonly #sink: Sink;
  readonly #intervalMs: number;
  #notes = new Map<string, Note>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  readonly #known = new Set<string>();

  constructor(sink: Sink, intervalMs: number) {
    this.#sink = sink;
    this.#intervalMs = intervalMs;
  }

  /** A partition is written to: from now on others can tell that this log uses the topic's name too. */
  opened(key: PartitionKey): void {
    const id = idOf(key);
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#note({ key, position: null });
  }

  done(key: PartitionKey, position: number): void {
    this.#note({ key, position });
  }

  /** Writes what is waiting. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  #note(note: Note): void {
    this.#notes.set(idOf(note.key), note);
    this.#timer ??= setTimeout(() => void this.flush(), this.#intervalMs);
  }

  async #write(): Promise<void> {
    const notes = this.#notes;
    if (notes.size === 0) return;
    this.#notes = new Map();
    const updated_at = new Date().toISOString();
    const rows = [...notes.values()].map(({ key, position }) => ({
      ...{ log: key.log, topic: key.topic, partition: key.partition, position, updated_at },
    }));
    try {
      await this.#sink.append(rows);
    } catch {
      for (const [id, note] of notes) if (!this.#notes.has(id)) this.#notes.set(id, note);
    }
  }
}
