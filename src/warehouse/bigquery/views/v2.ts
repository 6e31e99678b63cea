import { NOT_A_PROBE } from '../../../event/probe.js';
import { EVER } from './deduped.js';

/** A table of Stargate 2.0 beside ours. Spark wrote the key of a record as it came, as BYTES. */
export interface OldTable {
  readonly path: string;
  readonly bytesKey: boolean;
}

const TEN =
  'hitType, page, clientId, eventCategory, eventAction, eventLabel, utmSource, utmMedium, utmCampaign, timestampGTM';

/** The columns of Stargate 2.0's table, in its order, without probes of `latency`; rows of such a table with them. */
export function v2Compat(events: string, old: readonly OldTable[]): string {
  const ours = `SELECT ${TEN},
  kafka_key AS key, kafka_topic AS topic, kafka_partition AS \`partition\`, kafka_offset AS \`offset\`,
  kafka_timestamp AS timestamp
FROM ${events} WHERE ${EVER} AND ${NOT_A_PROBE}`;
  const theirs = old.map(({ path, bytesKey }) => {
    const key = bytesKey ? 'SAFE_CONVERT_BYTES_TO_STRING(key)' : 'CAST(key AS STRING)';
    return `SELECT ${TEN}, ${key} AS key, topic, \`partition\`, \`offset\`, timestamp FROM ${path}`;
  });
  return [ours, ...theirs].join('\nUNION ALL\n');
}
