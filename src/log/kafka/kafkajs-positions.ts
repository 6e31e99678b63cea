import type { Admin } from 'kafkajs';
import type { Position } from '../port.js';
import type { KafkaSettings } from './connect.js';
import type { Committed, Range } from './consumer-offsets.js';
import { clientOf } from './kafkajs-client.js';
import type { Positions } from './lag.js';

/** Positions as the admin client of kafkajs tells them, connected for each question: idle it takes CPU. */
export class KafkajsPositions implements Positions {
  readonly #settings: KafkaSettings;

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
  }

  /** A partition without a position is missing: offsets below zero are what reset tools, and kafkajs, write for "none". */
  committed(group: string, partitions: readonly number[]): Promise<Map<number, Committed>> {
    const { topic } = this.#settings;
    return this.#asking(async (admin) => {
      const all = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const known = all.flatMap((one) => one.partitions).filter(({ offset }) => Number(offset) >= 0);
      const wanted = known.filter(({ partition }) => partitions.includes(partition));
      return new Map(
        wanted.map(({ partition, offset, metadata }) => [
          partition,
          { at: Number(offset) as Position, saved: metadata ?? '' },
        ]),
      );
    });
  }

  ranges(partitions: readonly number[]): Promise<Map<number, Range>> {
    return this.#asking(async (admin) => {
      const all = await admin.fetchTopicOffsets(this.#settings.topic);
      const wanted = all.filter(({ partition }) => partitions.includes(partition));
      return new Map(
        wanted.map(({ partition, low, high }) => [partition, { start: Number(low), end: Number(high) }]),
      );
    });
  }

  close(): void {}

  async #asking<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const { kafka, sockets } = clientOf(this.#settings);
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await work(admin);
    } finally {
      await admin.disconnect().catch(() => {});
      sockets.close();
    }
  }
}
