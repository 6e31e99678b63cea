import type { PartitionLag, Position } from '../port.js';
import { Cursor } from './cursor.js';
import { type Ends, partitionFolder } from './ends.js';
import type { Groups } from './groups.js';
import { listSegments } from './segment.js';

/** How far groups are behind. It keeps a cursor a group and partition, so that asking again is cheap. */
export class LagMeter {
  readonly #log: string;
  readonly #ends: Ends;
  readonly #groups: Groups;
  readonly #cursors = new Map<string, Cursor>();
  /** One measurement at a time: a cursor has one place. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(log: string, ends: Ends, groups: Groups) {
    this.#log = log;
    this.#ends = ends;
    this.#groups = groups;
  }

  measure(group: string): Promise<PartitionLag[]> {
    const measured = this.#last.then(() => this.#measure(group));
    this.#last = measured.catch(() => {});
    return measured;
  }

  async close(): Promise<void> {
    await this.#last;
    await Promise.all([...this.#cursors.values()].map((cursor) => cursor.close()));
  }

  async #measure(group: string): Promise<PartitionLag[]> {
    const positions = await this.#groups.positions(group);
    const lags: PartitionLag[] = [];
    for (const partition of this.#ends.list()) {
      const end = this.#ends.fresh(partition).offset as Position;
      const committed = positions?.get(partition)?.at ?? null;
      const start = (await listSegments(partitionFolder(this.#log, partition)))[0] ?? 0;
      const from = Math.max(committed ?? 0, start);
      const records = Math.max(0, end - from);
      const seconds = records === 0 ? 0 : await this.#age(`${partition} ${group}`, partition, from);
      lags.push({ partition, committed, end, records, seconds });
    }
    return lags;
  }

  /** Age in seconds of the first record at or behind `from`. */
  async #age(key: string, partition: number, from: number): Promise<number | null> {
    const folder = partitionFolder(this.#log, partition);
    // The consumer tells of damage; telling it here again would count it twice.
    const cursor = this.#cursors.get(key) ?? new Cursor(folder, from, () => this.#ends.of(partition), null);
    this.#cursors.set(key, cursor);
    await cursor.seek(from);
    const [oldest] = await cursor.read(1, 1);
    return oldest ? Math.max(0, (Date.now() - oldest.timestamp) / 1_000) : null;
  }
}
