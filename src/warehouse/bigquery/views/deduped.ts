import { NOT_A_PROBE } from '../../../event/probe.js';

const HOURS = 72;

/**
 * A row is hidden when an earlier one of the same source and event_id lies within 72 hours before it. The nearest
 * earlier one decides: if any is that near, it is.
 */
const FIRST = `COALESCE(TIMESTAMP_DIFF(received_at, LAG(received_at) OVER (
  PARTITION BY source_id, event_id ORDER BY received_at, kafka_partition, kafka_offset
), MICROSECOND) > ${HOURS * 3_600_000_000}, TRUE)`;

/**
 * No filter passes a window function on its way to the table, and the table refuses queries without one: this one is
 * always true. So the view reads every partition, and `between` only those that are asked for.
 */
export const EVER = "received_at >= TIMESTAMP '2000-01-01 00:00:00+00'";

/** Events without the repeats of a browser that sent one again, and without probes of `latency`. */
export const deduped = (events: string): string => `SELECT * FROM ${events}
WHERE ${EVER} AND ${NOT_A_PROBE}
QUALIFY ${FIRST}`;

/** The same rows of a span of received_at; a repeat is told by what came in the 72 hours before the span, too. */
export const between = (events: string): string => `SELECT * FROM (
SELECT * FROM ${events}
WHERE received_at >= TIMESTAMP_SUB(start_time, INTERVAL ${HOURS} HOUR) AND received_at < end_time AND ${NOT_A_PROBE}
QUALIFY ${FIRST}
) WHERE received_at >= start_time`;
