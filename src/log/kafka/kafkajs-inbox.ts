import type { Readable, Reader } from '../consumer.js';
import type { ConsumedRecord, Position } from '../port.js';
import type { Range } from './consumer-offsets.js';

/** What the inbox asks of kafkajs' fetch loop. */
export interface Flow {
  /** Fetches the partition from there on. */
  from(offset: number): void;
  pause(): void;
  resume(): void;
}

/** What one fetch of kafkajs gave for the partition. */
export interface Delivery {
  /** The offset that was asked for. */
  readonly at: number;
  readonly records: readonly ConsumedRecord[];
  /** Offset behind the last of them, also where that one is not for us. */
  readonly behind: number;
  readonly end: number;
}

/**
 * What was fetched of a partition and not read yet. kafkajs hands it over in a loop that all partitions of a broker
 * share, so nobody may wait there: over its bound the partition is paused instead.
 */
export class Inbox implements Readable, Reader {
  readonly partition: number;
  readonly #room: number;
  readonly #flow: Flow;
  #start: Position;
  #end: Position;
  /** Offset to be fetched next; null until somebody reads. */
  #next: number | null = null;
  #at = 0 as Position;
  #records: ConsumedRecord[] = [];
  #given = 0;
  #bytes = 0;
  #paused = true;
  /** What is to be fetched next is gone; where to go on is being asked. */
  #lost = false;
  #wake: () => void = () => {};

  /** `room`: bytes held, from which on no more is fetched. */
  constructor(partition: number, { start, end }: Range, room: number, flow: Flow) {
    this.partition = partition;
    this.#start = start as Position;
    this.#end = end as Position;
    this.#room = room;
    this.#flow = flow;
  }

  async start(): Promise<Position> {
    return this.#start;
  }

  end(): Position {
    return this.#end;
  }

  get at(): Position {
    return this.#at;
  }

  reader(from: Position): Reader {
    this.#at = from;
    this.#seek(from);
    return this;
  }

  /**
   * False for what was not asked for: of an earlier assignment, or fetched before a jump. Without that a batch of
   * another place would be taken for the next one.
   */
  take({ at, records, behind, end }: Delivery): boolean {
    if (this.#next === null || this.#lost) return false;
    if (at !== this.#next) {
      this.#flow.from(this.#next);
      return false;
    }
    for (const record of records) {
      this.#records.push(record);
      this.#bytes += record.value.length;
    }
    this.#next = behind;
    // A broker looks at the end before it reads, so that an answer may hold records that came between.
    this.#end = Math.max(this.#end, end, behind) as Position;
    if (this.#bytes >= this.#room) this.#hold(true);
    if (records.length > 0) this.#wake();
    return true;
  }

  /** Passes over offsets that hold no records of anybody: marks of transactions. */
  skip(from: number, behind: number): void {
    if (from === this.#next) this.#next = behind;
  }

  /** What was to be fetched next is gone. The offset of it; null where that is known, or nobody reads. */
  lose(): number | null {
    if (this.#lost || this.#next === null) return null;
    this.#lost = true;
    this.#hold(true);
    return this.#next;
  }

  /** Goes on at the log's new start. */
  jump({ start, end }: Range): void {
    this.#lost = false;
    this.#start = start as Position;
    this.#end = Math.max(end, this.#end) as Position;
    if (this.#next !== null) this.#seek(Math.max(start, this.#next));
  }

  async read(maxRecords: number, maxBytes: number): Promise<ConsumedRecord[]> {
    // A handler that never waits would keep everything else waiting, heartbeats too, while records are there.
    await new Promise(setImmediate);
    const from = this.#given;
    let room = maxBytes;
    for (; this.#given < this.#records.length && this.#given - from < maxRecords; this.#given++) {
      room -= this.#records[this.#given]!.value.length;
      if (room < 0 && this.#given > from) break;
    }
    const records = this.#records.slice(from, this.#given);
    for (const { value } of records) this.#bytes -= value.length;
    if (records.length > 0) this.#at = (records.at(-1)!.position + 1) as Position;
    // What was given out must not stay reachable.
    if (this.#given === this.#records.length || this.#given > 4_096) {
      this.#records.splice(0, this.#given);
      this.#given = 0;
    }
    if (this.#bytes < this.#room / 2 && this.#next !== null && !this.#lost) this.#hold(false);
    return records;
  }

  async close(): Promise<void> {
    [this.#records, this.#given, this.#bytes, this.#next] = [[], 0, 0, null];
    this.#hold(true);
  }

  /** Resolves when there is something to read, or on abort. */
  grown(_than: Position, signal: AbortSignal): Promise<void> {
    if (this.#records.length > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = () => {};
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake);
    });
  }

  #seek(to: number): void {
    this.#next = to;
    this.#flow.from(to);
    this.#hold(this.#bytes >= this.#room);
  }

  #hold(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (paused) this.#flow.pause();
    else this.#flow.resume();
  }
}
