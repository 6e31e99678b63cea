/** What SQL would say, asked of the write server's own rows: tests of the write path need no SQL engine. */
import type { BigquerySql } from '../../../src/warehouse/bigquery/adapter.js';
import type { PartitionKey } from '../../../src/warehouse/port.js';
import type { Row } from './store.js';

export interface RowSource {
  rows(path: string): readonly Row[] | Promise<readonly Row[]>;
  clear(path: string): void | Promise<void>;
}

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -1);

/** As the port says: from the positions table and, while no other log used the topic's name, from the rows. */
export async function lastPosition(source: RowSource, dataset: string, table: string, key: PartitionKey) {
  const positions = await source.rows(`${dataset}/stargate_positions`);
  const ofTopic = positions.filter((row) => row.topic === key.topic);
  const own = positions.filter((row) => row.log === key.log && row.partition === key.partition);
  let last = most(own.map((row) => Number(row.position ?? -1)));
  if (!ofTopic.some((row) => row.log !== key.log)) {
    const offsets = async (name: string) =>
      (await source.rows(`${dataset}/${name}`))
        .filter((row) => row.kafka_topic === key.topic && row.kafka_partition === key.partition)
        .map((row) => Number(row.kafka_offset))
        .sort((a, b) => a - b);
    last = Math.max(last, most(await offsets(table)));
    for (const offset of await offsets('events_rejected')) if (offset === last + 1) last = offset;
  }
  return last < 0 ? null : last;
}

export function sqlOver(source: RowSource, dataset: string, table: string): BigquerySql {
  return {
    tables: { events: table, rejected: 'events_rejected' },
    planSchema: async () => [],
    applySchema: async () => {},
    query: async () => {
      throw new Error('no SQL here');
    },
    async clear() {
      await source.clear(`${dataset}/${table}`);
      await source.clear(`${dataset}/events_rejected`);
    },
    lastPosition: (key) => lastPosition(source, dataset, table, key),
    trimPositions: async () => {},
    close: async () => {},
  };
}
