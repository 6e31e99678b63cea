import { isStargateError } from '../../errors.js';
import type { Readable, Reader } from '../consumer.js';
import type { ConsumedRecord, Position } from '../port.js';
import type { FetchedPartition } from './consumer-fetch.js';
import { decodeBatch, type RawBatch, splitBatches } from './consumer-records.js';

/**
 * What was fetched of a partition and not read yet: batches as the broker sent them, decoded when they are read, so
 * that the bound on prefetched bytes holds for compressed ones, too.
 */
export class FetchedLog implements Readable {
  readonly partition: number;
  readonly #room: number;
  readonly #wantMore: () => void;
  #start: Position;
  #end: Position;
  /** Offset to fetch next; null until somebody reads. */
  #next: number | null = null;
  #batches: RawBatch[] = [];
  #bytes = 0;
  #wake: () => void = () => {};

  /** `room`: bytes held, from which on no more is fetched. `wantMore` is told when there is room again. */
  constructor(
    partition: number,
    range: { readonly start: number; readonly end: number },
    room: number,
    wantMore: () => void,
  ) {
    this.partition = partition;
    this.#start = range.start as Position;
    this.#end = range.end as Position;
    this.#room = room;
    this.#wantMore = wantMore;
  }

  async start(): Promise<Position> {
    return this.#start;
  }

  end(): Position {
    return this.#end;
  }

  /** Where to fetch next, or null while nothing more is wanted. */
  get wanted(): number | null {
    return this.#bytes < this.#room ? this.#next : null;
  }

  /** Takes what a broker answered to a fetch at `at`. */
  take({ bytes, end, start }: FetchedPartition, at: number): void {
    // Answers to a question that a jump, or the end of reading, has overtaken.
    if (at !== this.#next) return;
    this.#start = Math.max(start, this.#start) as Position;
    for (const batch of bytes ? splitBatches(bytes) : []) {
      if (batch.behind <= this.#next) continue;
      this.#batches.push(batch);
      this.#bytes += batch.bytes.length;
      this.#next = batch.behind;
    }
    // A broker looks at the end before it reads, so that an answer may hold records that came between.
    this.#end = Math.max(end, this.#end, this.#next) as Position;
    if (this.#batches.length > 0) this.#wake();
  }

  /** Goes on at the log's new start, where retention has deleted what was to be fetched next. */
  jump(start: number, end: number): void {
    this.#start = start as Position;
    this.#end = Math.max(end, this.#end) as Position;
    if (this.#next !== null) this.#next = Math.max(start, this.#next);
  }

  reader(from: Position): Reader {
    this.seek(from);
    return new FetchedReader(this, from);
  }

  /** Forgets what was fetched; fetches from there on, or no more. */
  seek(to: number | null): void {
    this.#batches = [];
    this.#bytes = 0;
    this.#next = to;
    if (to !== null) this.#wantMore();
  }

  shift(): RawBatch | undefined {
    const batch = this.#batches.shift();
    const full = this.#bytes >= this.#room;
    this.#bytes -= batch?.bytes.length ?? 0;
    if (full && this.#bytes < this.#room) this.#wantMore();
    return batch;
  }

  /** Resolves when there is something to read, or on abort. */
  grown(_than: Position, signal: AbortSignal): Promise<void> {
    if (this.#batches.length > 0 || signal.aborted) return Promise.resolve();
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
}

class FetchedReader implements Reader {
  readonly #log: FetchedLog;
  at: Position;
  /** Records decoded and not given out yet, from `#given` on. */
  #decoded: ConsumedRecord[] = [];
  #given = 0;
  /** Where a batch was corrupt before: it is fetched again once, in case the bytes were hurt on their way. */
  #corruptAt = -1;

  constructor(log: FetchedLog, from: Position) {
    this.#log = log;
    this.at = from;
  }

  async read(maxRecords: number, maxBytes: number): Promise<ConsumedRecord[]> {
    // A handler that never waits would keep everything else waiting, heartbeats too, while batches are there.
    await new Promise(setImmediate);
    const records: ConsumedRecord[] = [];
    let room = maxBytes;
    while (records.length < maxRecords && (this.#given < this.#decoded.length || this.#decode())) {
      const record = this.#decoded[this.#given]!;
      room -= record.value.length;
      if (room < 0 && records.length > 0) break;
      records.push(record);
      this.#given += 1;
      this.at = (record.position + 1) as Position;
    }
    return records;
  }

  async close(): Promise<void> {
    this.#log.seek(null);
  }

  /** The next batch that holds a record; false when none is there. */
  #decode(): boolean {
    for (let batch = this.#log.shift(); batch; batch = this.#log.shift()) {
      try {
        this.#decoded = decodeBatch(batch, this.at);
        this.#given = 0;
      } catch (error) {
        if (!isStargateError(error, 'STG_LOG_CORRUPT') || this.#corruptAt === this.at) throw error;
        this.#corruptAt = this.at;
        this.#log.seek(this.at);
        return false;
      }
      if (this.#decoded.length > 0) return true;
      // Nothing but marks of transactions, or all of it compacted away.
      this.at = batch.behind as Position;
    }
    return false;
  }
}
