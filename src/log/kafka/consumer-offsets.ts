import type { Position } from '../port.js';
import { type Brokers, request } from './connect-brokers.js';
import { type Connection, listOffsetsV7, offsetFetchV8 } from './package.js';

const REQUEST_MS = 10_000;
/** Times that stand for the two ends of a partition. */
const EARLIEST = -2n;
const LATEST = -1n;

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Partitions that one node can be asked for together, by its id; −1 for those that nobody leads now. */
export function byLeader({ leaders }: Brokers, partitions: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const partition of partitions) {
    const node = leaders[partition] ?? -1;
    groups.set(node, [...(groups.get(node) ?? []), partition]);
  }
  return groups;
}

/** Oldest and newest readable offset of partitions, from their leaders. Rejects while one of them has none. */
export async function rangesOf(cluster: Brokers, partitions: readonly number[]): Promise<Map<number, Range>> {
  const ranges = [...byLeader(cluster, partitions)].map(async ([node, led]) => {
    const connection = await cluster.to(node, 'ask');
    const starts = await listed(connection, cluster.topic, led, EARLIEST);
    const ends = await listed(connection, cluster.topic, led, LATEST);
    return led.map((partition): [number, Range] => [
      partition,
      { start: starts.get(partition) ?? 0, end: ends.get(partition) ?? 0 },
    ]);
  });
  return new Map((await Promise.all(ranges)).flat());
}

async function listed(
  connection: Connection,
  topic: string,
  partitions: readonly number[],
  timestamp: bigint,
): Promise<Map<number, number>> {
  const wanted = partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }));
  const asked = { name: topic, partitions: wanted };
  const { topics } = await request(connection, listOffsetsV7.api, REQUEST_MS, -1, 0, [asked]);
  return new Map(topics.flatMap((t) => t.partitions).map((p) => [p.partitionIndex, Number(p.offset)]));
}

export interface Committed {
  readonly at: Position;
  readonly saved: string;
}

/**
 * Committed positions of a group with the texts saved beside them. A partition without one is missing: offsets below
 * zero are what reset tools and other clients write for "none".
 */
export async function committedOf(
  connection: Connection,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, Committed>> {
  const asked = {
    groupId: group,
    memberEpoch: -1,
    topics: [{ name: topic, partitionIndexes: [...partitions] }],
  };
  const { groups } = await request(connection, offsetFetchV8.api, REQUEST_MS, [asked], false);
  const answers = groups.flatMap(({ topics }) => topics).flatMap((t) => t.partitions);
  return new Map(
    answers
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map((p) => [p.partitionIndex, { at: Number(p.committedOffset) as Position, saved: p.metadata ?? '' }]),
  );
}
