import { NOT_A_PROBE } from '../../../event/probe.js';

/**
 * Events without the repeats of a browser that sent one again: a row is hidden when an earlier one of the same
 * source and event_id lies within 72 hours before it. The nearest earlier one decides: if any is that
 * near, it is. Probes of `latency` are left out, here and so in all views over this one.
 */
export const deduped = (events: string): string => `SELECT * FROM ${events} WHERE ${NOT_A_PROBE}
WINDOW repeats AS (PARTITION BY source_id, event_id ORDER BY received_at, kafka_partition, kafka_offset)
QUALIFY coalesce(received_at - lag(received_at) OVER repeats > INTERVAL 72 HOUR, true)`;
