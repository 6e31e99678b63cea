import type { PartitionKey } from '../port.js';
import type { Queries } from './query.js';
import { type BigquerySettings, pathOf } from './settings.js';
import { POSITIONS, REJECTED } from './tables.js';
import { EVER } from './views/deduped.js';

/**
 * Highest position done. Rows count as evidence only while no other log ever wrote under the same topic name: they do
 * not say which log they came from. Rejected records extend it only without a gap: one is stored as soon as it is
 * read, when events before it may still be on their way. Reads two columns of every partition.
 */
export async function lastPosition(
  queries: Queries,
  settings: BigquerySettings,
  { log, topic, partition }: PartitionKey,
): Promise<number | null> {
  const [positions, events, rejected] = [POSITIONS, settings.table, REJECTED].map((name) =>
    pathOf(settings, name),
  );
  const [row] = await queries.rows(
    `SELECT
      (SELECT MAX(position) FROM ${positions} WHERE log = @log AND \`partition\` = @partition) AS position,
      (SELECT MAX(kafka_offset) FROM ${events} WHERE ${EVER} AND kafka_topic = @topic AND kafka_partition = @partition) AS stored,
      (SELECT COUNT(*) FROM ${positions} WHERE topic = @topic AND log <> @log) AS others`,
    { log, topic, partition },
  );
  const alone = row?.others === 0;
  let last = Math.max(Number(row?.position ?? -1), alone ? Number(row?.stored ?? -1) : -1);
  if (alone) {
    const behind = await queries.rows(
      `SELECT DISTINCT kafka_offset AS place FROM ${rejected}
       WHERE kafka_topic = @topic AND kafka_partition = @partition AND kafka_offset > @last ORDER BY place`,
      { topic, partition, last },
    );
    for (const { place } of behind) if (place === last + 1) last += 1;
  }
  return last < 0 ? null : last;
}
