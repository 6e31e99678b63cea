/** Keeps `stargate_positions` small (docs/decisions/014). */
import { type BigquerySettings, pathOf } from './settings.js';
import { POSITIONS } from './tables.js';

const DAY_MS = 86_400_000;

/**
 * Deletes rows beside which a higher position of their log, topic and partition stands. The highest one has none, in
 * whatever order writes and other deletions come and whatever clocks say; so a log that has used a topic's name keeps a
 * row that says it. The day is no part of that: BigQuery may still buffer what was just written.
 */
export function trimStatement(settings: Pick<BigquerySettings, 'project' | 'dataset'>): string {
  const positions = pathOf(settings, POSITIONS);
  return `DELETE FROM ${positions} AS old
    WHERE old.updated_at < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) AND EXISTS (
      SELECT 1 FROM (
        SELECT log, topic, \`partition\`, MAX(position) AS position FROM ${positions} GROUP BY log, topic, \`partition\`
      ) AS best
      WHERE best.log = old.log AND best.topic = old.topic AND best.\`partition\` = old.\`partition\`
        AND best.position > COALESCE(old.position, -1))`;
}

/** Runs `task` after `firstMs` and then every day, until the function that it returns is called. Failures wait a day. */
export function daily(task: () => Promise<void>, firstMs: number): () => void {
  let timer: NodeJS.Timeout;
  const run = (): void => {
    timer = setTimeout(run, DAY_MS).unref();
    task().catch(() => {});
  };
  timer = setTimeout(run, firstMs).unref();
  return () => clearTimeout(timer);
}
