import { StargateError } from '../../errors.js';
import type { AppendReceipt, AppendRow, PartitionKey, PartitionWriter } from '../port.js';
import type { WriteQueue } from './queue.js';
import { encodeSaved } from './saved.js';

/** One `append` call on its way. */
export interface AppendJob {
  readonly writer: Writer;
  readonly batch: readonly AppendRow[];
  readonly rows: number;
  readonly bytes: number;
  resolve(receipt: AppendReceipt): void;
  reject(error: unknown): void;
}

/** Writes to one partition until it is fenced by a later one, or one of its calls failed. */
export class Writer implements PartitionWriter {
  readonly key: PartitionKey;
  readonly skip: number;
  readonly saved: string;
  readonly restart: boolean;
  readonly #queue: WriteQueue<AppendJob>;
  readonly #db: string;
  /** Rows that belong to the position at which the writer was opened. */
  readonly #base: number;
  #stored: number;
  #ended: StargateError | null = null;

  constructor(
    key: PartitionKey,
    start: { skip: number; saved: string; restart: boolean },
    db: string,
    rows: number,
    queue: WriteQueue<AppendJob>,
  ) {
    this.key = key;
    this.skip = start.skip;
    this.saved = start.saved;
    this.restart = start.restart;
    this.#db = db;
    this.#base = rows - start.skip;
    this.#stored = rows;
    this.#queue = queue;
  }

  savedAfter(skipped: number): string {
    return encodeSaved(this.#db, this.#base + skipped);
  }

  append(batch: readonly AppendRow[]): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      const bytes = batch.reduce((sum, row) => sum + row.value.length, 0);
      this.#queue.add({ writer: this, batch, rows: batch.length, bytes, resolve, reject });
    });
  }

  /** Why the writer may write no more, or null. */
  get ended(): StargateError | null {
    return this.#ended;
  }

  /** From now on every append fails, those already waiting too. */
  end(got: string): void {
    this.#ended ??= new StargateError('STG_WAREHOUSE_FENCED', { got, next: 'Open the partition again.' });
  }

  /** Counts rows that a transaction has just made durable; the text to save with the position behind them. */
  advance(rows: number): string {
    this.#stored += rows;
    return encodeSaved(this.#db, this.#stored);
  }
}
