const KEY = 'source_id, user_pseudo_id, session_id';

/**
 * One row a session. `deduped` is the name of that view. An order counts once however often its purchase
 * event came; money is listed per currency, never added across currencies.
 */
export const sessions = (deduped: string): string => `WITH
visits AS (
  SELECT *, lower(event_name) IN ('page_view', 'pageview') OR lower("hitType") = 'pageview' AS is_page_view
  FROM ${deduped} WHERE user_pseudo_id IS NOT NULL AND session_id IS NOT NULL
),
orders AS (
  SELECT DISTINCT ON (${KEY}, coalesce(transaction_id, event_id)) ${KEY}, currency, value
  FROM visits WHERE event_name = 'purchase'
  ORDER BY ${KEY}, coalesce(transaction_id, event_id), received_at, kafka_partition, kafka_offset
),
takings AS (
  SELECT ${KEY}, currency, count(*) AS purchases, sum(value)::DECIMAL(38,9) AS revenue
  FROM orders GROUP BY ALL
),
money AS (
  SELECT ${KEY}, sum(purchases)::BIGINT AS purchases,
    list({'currency': currency, 'revenue': revenue} ORDER BY currency) FILTER (revenue IS NOT NULL) AS revenue
  FROM takings GROUP BY ALL
),
summary AS (
  SELECT ${KEY},
    max(session_number) AS session_number, arg_max(user_id, event_timestamp) AS user_id,
    min(event_timestamp) AS session_start, max(event_timestamp) AS session_end,
    count(*) AS events, count(*) FILTER (is_page_view) AS page_views,
    arg_min(page_location, event_timestamp) AS landing_page,
    arg_max(page_location, event_timestamp) AS exit_page,
    arg_min(page_referrer, event_timestamp) AS referrer,
    arg_min(utm_source, event_timestamp) AS source, arg_min(utm_medium, event_timestamp) AS medium,
    arg_min(utm_campaign, event_timestamp) AS campaign,
    arg_min(device_category, event_timestamp) AS device_category,
    arg_min(geo_country, event_timestamp) AS geo_country, coalesce(bool_or(is_bot), false) AS is_bot
  FROM visits GROUP BY ALL
)
SELECT s.* EXCLUDE (is_bot), date_diff('second', session_start, session_end) AS duration_seconds,
  coalesce(m.purchases, 0) AS purchases, coalesce(m.revenue, []) AS revenue, is_bot
FROM summary s LEFT JOIN money m ON m.source_id IS NOT DISTINCT FROM s.source_id
  AND m.user_pseudo_id = s.user_pseudo_id AND m.session_id = s.session_id`;
