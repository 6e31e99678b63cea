import { NOT_A_PROBE } from '../../../event/probe.js';

/** The columns of Stargate 2.0's table, in its order, without probes of `latency`. */
export const v2Compat = (events: string): string => `SELECT
  "hitType", "page", "clientId", "eventCategory", "eventAction", "eventLabel",
  "utmSource", "utmMedium", "utmCampaign", "timestampGTM",
  kafka_key AS "key", kafka_topic AS "topic", kafka_partition AS "partition",
  kafka_offset AS "offset", kafka_timestamp AS "timestamp"
FROM ${events} WHERE ${NOT_A_PROBE}`;
