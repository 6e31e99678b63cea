/**
 * The mark of a probe that `latency` sends: a reserved event name, because every record has one, it survives every
 * route, and BigQuery clusters by it. Views leave such rows out; the table keeps them.
 */
export const PROBE_EVENT = 'stargate_probe';

/** SQL that is true for events of visitors; `event_name` is never null. */
export const NOT_A_PROBE = `event_name <> '${PROBE_EVENT}'`;
