const KEY = 'source_id, user_pseudo_id, session_id';
const IN_ORDER = 'received_at, kafka_partition, kafka_offset';

/** The column's value in the first row, or the last one, that has any. */
const first = (column: string): string => `MIN_BY(${column}, IF(${column} IS NULL, NULL, event_timestamp))`;
const last = (column: string): string => `MAX_BY(${column}, IF(${column} IS NULL, NULL, event_timestamp))`;

/**
 * One row a session, over events without repeats. An order counts once however often its purchase event came; money
 * is listed per currency, never added across currencies.
 */
export const sessions = (deduped: string): string => `WITH
visits AS (
  SELECT *, COALESCE(LOWER(event_name) IN ('page_view', 'pageview') OR LOWER(hitType) = 'pageview', FALSE) AS is_page_view
  FROM ${deduped} WHERE user_pseudo_id IS NOT NULL AND session_id IS NOT NULL
),
orders AS (
  SELECT ${KEY}, currency, value FROM visits WHERE event_name = 'purchase'
  QUALIFY ROW_NUMBER() OVER (PARTITION BY ${KEY}, COALESCE(transaction_id, event_id) ORDER BY ${IN_ORDER}) = 1
),
takings AS (
  SELECT ${KEY}, currency, COUNT(*) AS purchases, SUM(value) AS revenue FROM orders GROUP BY ${KEY}, currency
),
money AS (
  SELECT ${KEY}, SUM(purchases) AS purchases,
    ARRAY_AGG(IF(revenue IS NULL, NULL, STRUCT(currency AS currency, revenue AS revenue)) IGNORE NULLS ORDER BY currency) AS revenue
  FROM takings GROUP BY ${KEY}
),
summary AS (
  SELECT ${KEY},
    MAX(session_number) AS session_number, ${last('user_id')} AS user_id,
    MIN(event_timestamp) AS session_start, MAX(event_timestamp) AS session_end,
    COUNT(*) AS events, COUNTIF(is_page_view) AS page_views,
    ${first('page_location')} AS landing_page, ${last('page_location')} AS exit_page,
    ${first('page_referrer')} AS referrer,
    ${first('utm_source')} AS source, ${first('utm_medium')} AS medium, ${first('utm_campaign')} AS campaign,
    ${first('device_category')} AS device_category, ${first('geo_country')} AS geo_country,
    COALESCE(LOGICAL_OR(is_bot), FALSE) AS is_bot
  FROM visits GROUP BY ${KEY}
)
SELECT s.* EXCEPT (is_bot), TIMESTAMP_DIFF(s.session_end, s.session_start, SECOND) AS duration_seconds,
  COALESCE(m.purchases, 0) AS purchases, m.revenue AS revenue, s.is_bot
FROM summary AS s LEFT JOIN money AS m ON m.user_pseudo_id = s.user_pseudo_id AND m.session_id = s.session_id
  AND m.source_id IS NOT DISTINCT FROM s.source_id`;
