import { randomUUID } from 'node:crypto';
import { StargateError } from '../errors.js';
import type { EventRow, RejectedRow } from '../event/fields.js';
import type { AppendReceipt, AppendRow, PartitionKey, PartitionWriter, Warehouse } from './port.js';

export interface MemoryOptions {
  /** What a row is refused for, or null: stands for what a real warehouse finds. */
  readonly refuse?: (row: AppendRow) => string | null;
}

/** The port over plain arrays, for tests that need no SQL: its rows can be read directly. */
export interface MemoryWarehouse extends Warehouse {
  readonly rows: readonly EventRow[];
  readonly rejectedRows: readonly RejectedRow[];
}

interface PartitionState {
  generation: number;
  /** Rows ever stored. */
  stored: number;
  position: number | null;
}

const placeOf = (row: RejectedRow): string =>
  JSON.stringify([row.kafka_topic, row.kafka_partition, row.kafka_offset]);

const fenced = (got: string): StargateError =>
  new StargateError('STG_WAREHOUSE_FENCED', { got, next: 'Open the partition again.' });

export function memoryWarehouse(options: MemoryOptions = {}): MemoryWarehouse {
  const db = randomUUID();
  const partitions = new Map<string, PartitionState>();
  const rejected = new Map<string, RejectedRow>();
  let rows: EventRow[] = [];

  const stateOf = (key: PartitionKey): PartitionState => {
    const id = JSON.stringify([key.log, key.partition]);
    const state = partitions.get(id) ?? { generation: 0, stored: 0, position: null };
    partitions.set(id, state);
    return state;
  };
  const savedAt = (r: number): string => JSON.stringify({ db, r });

  function store(state: PartitionState, batch: readonly AppendRow[]): AppendReceipt {
    const found = batch.findIndex((row) => (options.refuse?.(row) ?? null) !== null);
    const good = found < 0 ? batch : batch.slice(0, found);
    rows.push(...good.map((row) => row.event));
    state.stored += good.length;
    state.position = good.at(-1)?.event.kafka_offset ?? state.position;
    const receipt = { stored: good.length, saved: savedAt(state.stored) };
    const bad = batch[found];
    if (bad === undefined) return receipt;
    return { ...receipt, refused: { index: found, message: options.refuse?.(bad) ?? '' } };
  }

  function open(key: PartitionKey, saved: string | null): PartitionWriter {
    const state = stateOf(key);
    state.generation += 1;
    const mine = state.generation;
    const before =
      saved === null ? { db, r: state.stored } : (JSON.parse(saved) as { db: string; r: number });
    const restart = before.db !== db;
    const r = restart ? state.stored : before.r;
    if (r > state.stored) {
      throw new StargateError('STG_WAREHOUSE_MISMATCH', {
        expected: `at least ${r} rows`,
        got: `${state.stored} rows`,
      });
    }
    let ended = false;
    return {
      skip: state.stored - r,
      saved: savedAt(r),
      restart,
      append: async (batch) => {
        // As late as a real warehouse would: what waits when the partition is opened again is fenced too.
        await null;
        if (ended || state.generation !== mine) throw fenced(`partition ${key.partition}`);
        const receipt = store(state, batch);
        ended = receipt.refused !== undefined;
        return receipt;
      },
    };
  }

  return {
    tables: { events: 'events', rejected: 'events_rejected' },
    get rows() {
      return rows;
    },
    get rejectedRows() {
      return [...rejected.values()];
    },
    planSchema: async () => [],
    applySchema: async () => undefined,
    openPartition: async (key, saved) => open(key, saved),
    async lastPosition(key) {
      let last = stateOf(key).position ?? -1;
      const offsets = [...rejected.values()]
        .filter((row) => row.kafka_topic === key.topic && row.kafka_partition === key.partition)
        .map((row) => row.kafka_offset);
      for (const offset of offsets.sort((a, b) => a - b)) if (offset === last + 1) last = offset;
      return last < 0 ? null : last;
    },
    async reject(batch) {
      for (const row of batch) if (!rejected.has(placeOf(row))) rejected.set(placeOf(row), row);
    },
    async query() {
      throw new StargateError('STG_QUERY_REFUSED', {
        got: 'a query to a warehouse of plain arrays',
        next: 'Open memory: through openWarehouse, which is a DuckDB database without a file.',
      });
    },
    async clear() {
      rows = [];
      rejected.clear();
    },
    publishEndpoint: async () => null,
    close: async () => undefined,
  };
}
