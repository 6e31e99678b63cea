import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartitionLag, Position } from '../port.js';
import { boundOf } from './codec.js';
import { Cursor } from './cursor.js';
import type { DurableEnd } from './end-file.js';
import { type Ends, partitionFolder } from './ends.js';
import type { Groups } from './groups.js';
import { listSegments, segmentName } from './segment.js';

const NOTHING = { seconds: 0, bytes: 0 };

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
      const rest = records === 0 ? NOTHING : await this.#rest(`${partition} ${group}`, partition, from);
      lags.push({ partition, committed, end, records, ...rest });
    }
    return lags;
  }

  /** Age in seconds of the first record at or behind `from`, and the bytes from there on. */
  async #rest(
    key: string,
    partition: number,
    from: number,
  ): Promise<{ seconds: number | null; bytes: number }> {
    const folder = partitionFolder(this.#log, partition);
    // The consumer tells of damage; telling it here again would count it twice.
    const cursor = this.#cursors.get(key) ?? new Cursor(folder, from, () => this.#ends.of(partition), null);
    this.#cursors.set(key, cursor);
    await cursor.seek(from);
    const [oldest] = await cursor.read(1, 1);
    if (!oldest) return { seconds: null, bytes: 0 };
    const behind = await this.#bytesFrom(folder, cursor.place, this.#ends.of(partition));
    return {
      seconds: Math.max(0, (Date.now() - oldest.timestamp) / 1_000),
      bytes: boundOf(oldest) + behind,
    };
  }

  async #bytesFrom(
    folder: string,
    place: { base: number; at: number } | null,
    end: DurableEnd,
  ): Promise<number> {
    if (place === null) return 0;
    const bases = (await listSegments(folder)).filter((base) => base >= place.base && base < end.base);
    const sealed = await Promise.all(
      bases.map(async (base) => (await stat(join(folder, segmentName(base)))).size),
    );
    return Math.max(0, sealed.reduce((sum, size) => sum + size, end.bytes) - place.at);
  }
}
