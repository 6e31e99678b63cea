/**
 * A log and a warehouse for one partition that do what their ports allow, the unkind things too: answers
 * that get lost after the rows were stored, refusals in the middle, failures of every call, and a crash of
 * the worker at any moment. They outlive the workers of a test, as the real ones do.
 */
import { StargateError } from '../../src/errors.js';
import type { RejectedRow } from '../../src/event/fields.js';
import type {
  Assignment,
  Batch,
  ConsumedRecord,
  ConsumeHandlers,
  Consumer,
  Log,
  Position,
} from '../../src/log/port.js';
import type { AppendReceipt, AppendRow, PartitionWriter, Warehouse } from '../../src/warehouse/port.js';

export const eventValue = (id: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      event_id: id,
      schema_version: 1,
      received_at: '2026-11-23T14:32:04.655Z',
      event_timestamp: '2026-11-23T14:32:04.643Z',
      event_name: 'page_view',
    }),
  );

export function records(values: readonly Buffer[]): ConsumedRecord[] {
  return values.map((value, index) => ({
    key: null,
    value,
    timestamp: 1_795_444_324_655,
    position: index as Position,
  }));
}

export class ScriptedLog {
  committed: Position | null = null;
  saved: string | null = null;
  start = 0 as Position;
  readonly commits: { behind: Position; saved: string }[] = [];
  /** Asked before each commit: whether the log cannot take it now, as on a full disk. */
  refuses: () => boolean = () => false;
  /** What a commit waits for before it takes effect. */
  slow: () => Promise<void> = async () => {};
  #generation = 0;
  #end: (() => void) | null = null;
  readonly #records: ConsumedRecord[];
  readonly #batchSize: () => number;

  constructor(values: readonly Buffer[], batchSize: () => number = () => 3) {
    this.#records = records(values);
    this.#batchSize = batchSize;
  }

  /** What a worker gets. Each call is a new process: the one before loses the partition without a word. */
  open(): Log {
    this.crash();
    const generation = ++this.#generation;
    const log: Pick<Log, 'id' | 'topic' | 'consume' | 'lag'> = {
      id: 'scripted',
      topic: 'stargate_v2.realtime',
      consume: async (_group, handlers) => this.#consume(generation, handlers),
      lag: async () => [
        {
          partition: 0,
          committed: this.committed,
          end: this.#records.length as Position,
          records: 0,
          seconds: null,
        },
      ],
    };
    return log as Log;
  }

  /** The worker is gone: nothing is delivered to it any more, and none of its commits count. */
  crash(): void {
    this.#generation++;
    this.#end?.();
  }

  async #consume(generation: number, handlers: ConsumeHandlers): Promise<Consumer> {
    const stopping = new AbortController();
    const lost = new AbortController();
    this.#end = () => lost.abort();
    const running = this.#deliver(generation, handlers, stopping.signal, lost.signal);
    running.catch(() => {});
    return {
      done: running,
      close: async () => {
        stopping.abort();
        await running.catch(() => {});
      },
    };
  }

  async #deliver(
    generation: number,
    handlers: ConsumeHandlers,
    stopping: AbortSignal,
    lost: AbortSignal,
  ): Promise<void> {
    let at = this.committed ?? this.start;
    const assignment: Assignment = {
      partition: 0,
      committed: this.committed,
      saved: this.saved,
      start: this.start,
      end: this.#records.length as Position,
      signal: lost,
      seek: (to) => (at = Math.max(to, this.start) as Position),
      commit: async (behind, saved) => {
        await this.slow();
        if (generation !== this.#generation) throw new StargateError('STG_LOG_FENCED');
        if (this.refuses()) throw new StargateError('STG_LOG_WRITE');
        this.committed = behind;
        this.saved = saved;
        this.commits.push({ behind, saved });
      },
    };
    await handlers.onAssigned(assignment);
    while (at < this.#records.length && !stopping.aborted && !lost.aborted) {
      const batch = this.#records.slice(at, at + Math.max(1, this.#batchSize()));
      at = (batch.at(-1)!.position + 1) as Position;
      await handlers.onBatch({
        partition: 0,
        records: batch,
        end: this.#records.length as Position,
      } satisfies Batch);
    }
    if (!lost.aborted) {
      await new Promise<void>((resolve) => {
        for (const signal of [stopping, lost])
          signal.addEventListener('abort', () => resolve(), { once: true });
        if (stopping.aborted || lost.aborted) resolve();
      });
    }
    await handlers.onRevoked(0);
  }
}

export type Fault = 'none' | 'before' | 'after' | 'open' | 'reject';

export class ScriptedWarehouse {
  readonly rows: AppendRow[] = [];
  readonly rejected = new Map<number, RejectedRow>();
  /** event_ids that the warehouse does not take. */
  readonly bad = new Set<string>();
  /** Asked before each call: what goes wrong with it. */
  fault: (call: 'append' | 'open' | 'reject') => Fault = () => 'none';
  id = 'first';
  /** Why it cannot tell what is stored, as when its stream is gone. */
  uncounted: string | null = null;
  /** What it knows of the highest position. */
  last: () => number | null = () => this.rows.at(-1)?.event.kafka_offset ?? null;
  #generation = 0;

  open(): Warehouse {
    const warehouse: Pick<Warehouse, 'openPartition' | 'reject' | 'lastPosition'> = {
      openPartition: (_key, saved) => this.#openPartition(saved),
      lastPosition: async () => this.last(),
      reject: async (rows) => {
        const fault = this.fault('reject');
        if (fault === 'before') throw new Error('injected: reject');
        for (const row of rows) this.rejected.set(row.kafka_offset, row);
        if (fault !== 'none') throw new Error('injected: answer of reject lost');
      },
    };
    return warehouse as Warehouse;
  }

  async #openPartition(saved: string | null): Promise<PartitionWriter> {
    const fault = this.fault('open');
    if (fault === 'before') throw new Error('injected: open');
    const generation = ++this.#generation;
    if (fault !== 'none') throw new Error('injected: answer of open lost');
    const known = saved === null ? null : (JSON.parse(saved) as { db: string; r: number });
    const restart = known !== null && known.db !== this.id;
    const { uncounted } = this;
    const base = known === null || restart || uncounted !== null ? this.rows.length : known.r;
    const skip = this.rows.length - base;
    if (skip < 0) throw new StargateError('STG_WAREHOUSE_MISMATCH');
    // Appends of one writer take effect in order, and none after one that failed.
    let tail: Promise<unknown> = Promise.resolve();
    let broken = false;
    return {
      skip,
      restart,
      uncounted,
      saved: JSON.stringify({ db: this.id, r: base }),
      savedAfter: (skipped) => JSON.stringify({ db: this.id, r: base + skipped }),
      append: (rows) => {
        const turn = tail.then(() => {
          if (broken) throw new Error('injected: an earlier append of this writer failed');
          return this.#append(generation, rows, () => (broken = true));
        });
        tail = turn.catch(() => {});
        return turn;
      },
    };
  }

  #append(generation: number, rows: readonly AppendRow[], breakWriter: () => void): AppendReceipt {
    const fault = this.fault('append');
    if (generation !== this.#generation) throw new StargateError('STG_WAREHOUSE_FENCED');
    if (fault === 'before') {
      breakWriter();
      throw new Error('injected: append');
    }
    const index = rows.findIndex(({ event }) => this.bad.has(event.event_id));
    const good = index < 0 ? rows : rows.slice(0, index);
    this.rows.push(...good);
    if (fault !== 'none' || index >= 0) breakWriter();
    if (fault !== 'none') throw new Error('injected: answer of append lost');
    return {
      stored: good.length,
      saved: JSON.stringify({ db: this.id, r: this.rows.length }),
      ...(index >= 0 && { refused: { index, message: 'injected: does not fit' } }),
    };
  }
}
