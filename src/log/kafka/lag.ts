import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionLag, Position } from '../port.js';
import type { KafkaSettings } from './connect.js';
import { Brokers, isCode, request } from './connect-brokers.js';
import { CODE, lasting, refusal, unreachable } from './connect-errors.js';
import { fetchApi } from './consumer-fetch.js';
import { type Committed, committedOf, type Range, rangesOf } from './consumer-offsets.js';
import { decodeBatch, splitBatches } from './consumer-records.js';

const REQUEST_MS = 5_000;
/** A group's coordinator that is new, or a cluster that has never had a group, takes a moment to know positions. */
const LOADING_MS = 10_000;
const LOADING_PAUSE_MS = 100;
const LOADING = [CODE.COORDINATOR_LOAD_IN_PROGRESS, CODE.COORDINATOR_NOT_AVAILABLE, CODE.NOT_COORDINATOR];

/** Who tells the positions of a group and of the topic, by partition. */
export interface Positions {
  committed(group: string, partitions: readonly number[]): Promise<ReadonlyMap<number, Committed>>;
  ranges(partitions: readonly number[]): Promise<ReadonlyMap<number, Range>>;
  close(): void;
}

const positionsOf = (cluster: Brokers): Positions => ({
  async committed(group, partitions) {
    const coordinator = await cluster.to(await cluster.coordinator(group), 'ask');
    return committedOf(coordinator, group, cluster.topic, partitions);
  },
  ranges: (partitions) => rangesOf(cluster, partitions),
  close: () => cluster.close(),
});

/** Where no group has ever committed. To be asked for one makes brokers set up the topic in which they keep positions. */
export function withoutGroups(settings: KafkaSettings): Positions {
  const cluster = new Brokers(settings);
  return {
    committed: async () => new Map(),
    async ranges(partitions) {
      await cluster.refresh();
      return rangesOf(cluster, partitions);
    },
    close: () => cluster.close(),
  };
}

/** How far groups are behind, asked of the brokers. Its connections are opened at the first question. */
export class KafkaLag {
  readonly #cluster: Brokers;
  readonly #positions: Positions;
  /** When the oldest record that is not committed was written: by group and partition, for the position there. */
  readonly #oldest = new Map<string, { readonly at: number; readonly timestamp: number }>();

  /** `positions`: where another client is to be asked for them. */
  constructor(settings: KafkaSettings, positions?: Positions) {
    this.#cluster = new Brokers(settings);
    this.#positions = positions ?? positionsOf(this.#cluster);
  }

  /** Errors: STG_LOG_UNREACHABLE, STG_LOG_DENIED, STG_LOG_TOPIC_MISSING. */
  async measure(group: string): Promise<readonly PartitionLag[]> {
    const until = performance.now() + LOADING_MS;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#measure(group);
      } catch (error) {
        const what = `read the positions of group ${group}`;
        const final = lasting(error, what);
        if (final) throw final;
        const loading = isCode(error, ...LOADING) && performance.now() < until;
        // Leaders and coordinator may have moved since the last time; the second try knows them anew.
        if (tries > 1 && !loading)
          throw refusal(error, what) ?? unreachable(error, this.#cluster.settings.brokers);
        if (loading) await sleep(LOADING_PAUSE_MS);
      }
    }
  }

  close(): void {
    this.#cluster.close();
    this.#positions.close();
  }

  async #measure(group: string): Promise<PartitionLag[]> {
    const { leaders } = await this.#cluster.refresh();
    const partitions = [...leaders.keys()];
    const committed = await this.#positions.committed(group, partitions).catch((error) => {
      // Brokers that never heard of the group say so instead of "none".
      if (isCode(error, CODE.GROUP_ID_NOT_FOUND)) return new Map<number, Committed>();
      throw error;
    });
    const ranges = await this.#positions.ranges(partitions);
    return Promise.all(
      partitions.map((partition) =>
        this.#lagOf(group, partition, committed.get(partition)?.at ?? null, ranges.get(partition)!),
      ),
    );
  }

  async #lagOf(
    group: string,
    partition: number,
    committed: Position | null,
    { start, end }: Range,
  ): Promise<PartitionLag> {
    const from = Math.max(committed ?? 0, start);
    const records = Math.max(0, end - from);
    const seconds = records === 0 ? 0 : await this.#age(group, partition, from);
    return { partition, committed, end: end as Position, records, seconds };
  }

  /** Age in seconds of the first record at or behind `from`; null where it cannot be read now. */
  async #age(group: string, partition: number, from: number): Promise<number | null> {
    const key = `${partition} ${group}`;
    let oldest = this.#oldest.get(key);
    if (oldest?.at !== from) {
      const timestamp = await this.#timestampAt(partition, from).catch(() => null);
      if (timestamp === null) return null;
      oldest = { at: from, timestamp };
      this.#oldest.set(key, oldest);
    }
    return Math.max(0, (Date.now() - oldest.timestamp) / 1_000);
  }

  /** Reads one batch: however small the bound, a broker sends the first one whole. */
  async #timestampAt(partition: number, at: number): Promise<number | null> {
    const connection = await this.#cluster.to(this.#cluster.leaders[partition] ?? -1, 'ask');
    const { partitions } = await request(connection, fetchApi, REQUEST_MS, {
      ...{ topic: this.#cluster.topic, maxWaitMs: 0, minBytes: 1, maxBytes: 1 },
      partitions: [{ partition, at, maxBytes: 1 }],
    });
    for (const batch of splitBatches(partitions[0]?.bytes ?? Buffer.alloc(0))) {
      const [first] = decodeBatch(batch, at);
      if (first) return first.timestamp;
    }
    return null;
  }
}
