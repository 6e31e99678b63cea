/** `stargate_positions`: how far each partition of a log is done, for the recovery of last resort. */
import type { PartitionKey } from '../port.js';
import type { Sink } from './sink.js';

interface Note {
  readonly key: PartitionKey;
  readonly position: number | null;
}

const idOf = ({ log, partition }: PartitionKey): string => JSON.stringify([log, partition]);

export interface PositionsSettings {
  /** ms until a partition that was opened is in the table. */
  readonly openedMs: number;
  /** ms between two rows of a partition. */
  readonly positionsMs: number;
}

/**
 * At most one row a partition in each interval, the newest. A crash leaves the table behind, which is why the rows
 * themselves are asked too; that it could not be written fails nothing, and is tried again. That a partition was opened
 * is written sooner: until then another log of the same topic name takes the new rows for its own.
 */
export class Positions {
  readonly #sink: Sink;
  readonly #settings: PositionsSettings;
  #notes = new Map<string, Note>();
  #timer: NodeJS.Timeout | null = null;
  /** Of the timer, on the clock of `performance.now()`. */
  #due = 0;
  #writing: Promise<void> = Promise.resolve();
  readonly #known = new Set<string>();

  constructor(sink: Sink, settings: PositionsSettings) {
    this.#sink = sink;
    this.#settings = settings;
  }

  /** A partition is written to: from now on others can tell that this log uses the topic's name too. */
  opened(key: PartitionKey): void {
    const id = idOf(key);
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#note({ key, position: null }, this.#settings.openedMs);
  }

  done(key: PartitionKey, position: number): void {
    this.#note({ key, position }, this.#settings.positionsMs);
  }

  /** Writes what is waiting. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  #note(note: Note, ms: number): void {
    this.#notes.set(idOf(note.key), note);
    const due = performance.now() + ms;
    if (this.#timer && this.#due <= due) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => void this.flush(), ms);
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
