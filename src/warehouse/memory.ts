import { randomUUID } from 'node:crypto';
import { StargateError } from '../errors.js';
import type { EventRow, RejectedRow } from '../event/fields.js';
import type {
  AppendReceipt,
  AppendRow,
  PartitionKey,
  PartitionWriter,
  SchemaStep,
  Warehouse,
} from './port.js';

export interface MemoryOptions {
  /** What a row is refused for, or null: stands for what a real warehouse finds. */
  readonly refuse?: (row: AppendRow) => string | null;
}

interface PartitionState {
  generation: number;
  /** Rows ever stored. */
  stored: number;
  position: number | null;
}

const placeOf = (row: RejectedRow): string =>
  JSON.stringify([row.kafka_topic, row.kafka_partition, row.kafka_offset]);

/** The port over plain arrays, for tests that need no SQL: its rows can be read directly. */
export class MemoryWarehouse implements Warehouse {
  readonly tables = { events: 'events', rejected: 'events_rejected' };
  readonly #db = randomUUID();
  readonly #refuse: (row: AppendRow) => string | null;
  readonly #partitions = new Map<string, PartitionState>();
  readonly #rejected = new Map<string, RejectedRow>();
  #rows: AppendRow[] = [];
  /** Events of the first rows: all that somebody has looked at. */
  #events: EventRow[] = [];

  constructor(options: MemoryOptions = {}) {
    this.#refuse = options.refuse ?? (() => null);
  }

  get rows(): readonly EventRow[] {
    for (let at = this.#events.length; at < this.#rows.length; at++) this.#events.push(this.#rows[at]!.event);
    return this.#events;
  }

  /** How many `rows` there are; asking costs nothing. */
  get size(): number {
    return this.#rows.length;
  }

  get rejectedRows(): readonly RejectedRow[] {
    return [...this.#rejected.values()];
  }

  async planSchema(): Promise<readonly SchemaStep[]> {
    return [];
  }

  async applySchema(): Promise<void> {}

  async openPartition(key: PartitionKey, saved: string | null): Promise<PartitionWriter> {
    const state = this.#stateOf(key);
    state.generation += 1;
    const before = saved === null ? null : (JSON.parse(saved) as { db: string; r: number });
    const restart = before !== null && before.db !== this.#db;
    const r = before === null || restart ? state.stored : before.r;
    if (r > state.stored) {
      throw new StargateError('STG_WAREHOUSE_MISMATCH', {
        expected: `at least ${r} rows`,
        got: `${state.stored} rows`,
      });
    }
    return {
      skip: state.stored - r,
      saved: this.#savedAt(r),
      savedAfter: (skipped) => this.#savedAt(r + skipped),
      restart,
      append: this.#appender(key, state),
    };
  }

  async lastPosition(key: PartitionKey): Promise<number | null> {
    let last = this.#stateOf(key).position ?? -1;
    const offsets = this.rejectedRows
      .filter((row) => row.kafka_topic === key.topic && row.kafka_partition === key.partition)
      .map((row) => row.kafka_offset);
    for (const offset of offsets.sort((a, b) => a - b)) if (offset === last + 1) last = offset;
    return last < 0 ? null : last;
  }

  async reject(batch: readonly RejectedRow[]): Promise<void> {
    for (const row of batch) if (!this.#rejected.has(placeOf(row))) this.#rejected.set(placeOf(row), row);
  }

  async query(): Promise<never> {
    throw new StargateError('STG_QUERY_REFUSED', {
      got: 'a query to a warehouse of plain arrays',
      next: 'Open memory: through openWarehouse, which is a DuckDB database without a file.',
    });
  }

  async clear(): Promise<void> {
    this.#rows = [];
    this.#events = [];
    this.#rejected.clear();
  }

  async publishEndpoint(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {}

  #appender(key: PartitionKey, state: PartitionState): PartitionWriter['append'] {
    const mine = state.generation;
    let refused = false;
    return async (batch) => {
      // As late as a real warehouse would: what waits when the partition is opened again is fenced too.
      await null;
      if (refused || state.generation !== mine) {
        throw new StargateError('STG_WAREHOUSE_FENCED', {
          got: `partition ${key.partition} was opened again, or refused a row`,
          next: 'Open the partition again.',
        });
      }
      const receipt = this.#store(state, batch);
      refused = receipt.refused !== undefined;
      return receipt;
    };
  }

  #store(state: PartitionState, batch: readonly AppendRow[]): AppendReceipt {
    const found = batch.findIndex((row) => this.#refuse(row) !== null);
    const good = found < 0 ? batch : batch.slice(0, found);
    for (const row of good) this.#rows.push(row);
    state.stored += good.length;
    state.position = good.at(-1)?.offset ?? state.position;
    const receipt = { stored: good.length, saved: this.#savedAt(state.stored) };
    const bad = batch[found];
    if (bad === undefined) return receipt;
    return { ...receipt, refused: { index: found, message: this.#refuse(bad) ?? '' } };
  }

  #stateOf(key: PartitionKey): PartitionState {
    const id = JSON.stringify([key.log, key.partition]);
    const state = this.#partitions.get(id) ?? { generation: 0, stored: 0, position: null };
    this.#partitions.set(id, state);
    return state;
  }

  #savedAt(r: number): string {
    return JSON.stringify({ db: this.#db, r });
  }
}
