const VALUE = ['string_value', 'int_value', 'float_value', 'double_value'] as const;
const NULLS: Readonly<Record<(typeof VALUE)[number], string>> = {
  string_value: 'CAST(NULL AS STRING)',
  int_value: 'CAST(NULL AS INT64)',
  float_value: 'CAST(NULL AS FLOAT64)',
  double_value: 'CAST(NULL AS FLOAT64)',
};

/** The value of an element of event_params; one of its four fields is set, or none where the column is null. */
function param(values: Partial<typeof NULLS>): string {
  return `STRUCT(${VALUE.map((name) => `${values[name] ?? NULLS[name]} AS ${name}`).join(', ')})`;
}

const float = (sql: string): string => `CAST(${sql} AS FLOAT64)`;

const PARAMS: readonly (readonly [key: string, field: (typeof VALUE)[number], sql?: string])[] = [
  ['page_location', 'string_value'],
  ['page_title', 'string_value'],
  ['page_referrer', 'string_value'],
  ['ga_session_id', 'int_value', 'session_id'],
  ['ga_session_number', 'int_value', 'session_number'],
  ['transaction_id', 'string_value'],
  ['value', 'double_value', float('value')],
  ['currency', 'string_value'],
  ['coupon', 'string_value'],
  ['source', 'string_value', 'utm_source'],
  ['medium', 'string_value', 'utm_medium'],
  ['campaign', 'string_value', 'utm_campaign'],
  ['term', 'string_value', 'utm_term'],
  ['content', 'string_value', 'utm_content'],
];

const COLUMNS = PARAMS.map(
  ([key, field, sql = key], place) =>
    `STRUCT(${place} AS place, '${key}' AS key, ${param({ [field]: sql })} AS value)`,
);
const SET = VALUE.map((name) => `p.value.${name} IS NOT NULL`).join(' OR ');
const FROM_COLUMNS = `ARRAY(SELECT AS STRUCT p.key AS key, p.value AS value
    FROM UNNEST([${COLUMNS.join(',\n      ')}]) AS p WHERE ${SET} ORDER BY p.place)`;

/** Top-level scalars of the push. JSON_KEYS writes a key that holds special characters in quotes, as JSON does. */
const key = `IF(STARTS_WITH(k, '"'), JSON_VALUE(k), k)`;
const at = `data_layer[${key}]`;
const kind = `JSON_TYPE(${at})`;
const whole = `REGEXP_CONTAINS(TO_JSON_STRING(${at}), r'^-?[0-9]+$')`;
const TAKEN = ['event', ...PARAMS.map(([name]) => name)].map((name) => `'${name}'`).join(', ');
const PUSHED = param({
  string_value: `IF(${kind} IN ('string', 'boolean'), LAX_STRING(${at}), NULL)`,
  int_value: `IF(${kind} = 'number' AND ${whole}, LAX_INT64(${at}), NULL)`,
  double_value: `IF(${kind} = 'number' AND NOT ${whole}, LAX_FLOAT64(${at}), NULL)`,
});
const FROM_PUSH = `ARRAY(SELECT AS STRUCT ${key} AS key, ${PUSHED} AS value
    FROM UNNEST(JSON_KEYS(data_layer, 1)) AS k
    WHERE k NOT IN (${TAKEN}) AND NOT STARTS_WITH(${key}, 'gtm.')
      AND ${kind} IN ('string', 'boolean', 'number') ORDER BY k)`;

const ITEMS = `ARRAY(SELECT AS STRUCT i.item_id AS item_id, i.item_name AS item_name, i.item_brand AS item_brand,
    i.item_variant AS item_variant, i.item_category AS item_category, i.item_category2 AS item_category2,
    i.item_category3 AS item_category3, i.item_category4 AS item_category4, i.item_category5 AS item_category5,
    ${float('i.price')} AS price, i.quantity AS quantity,
    IF(event_name = 'purchase', ${float('i.price * COALESCE(i.quantity, 1)')}, NULL) AS item_revenue,
    i.coupon AS coupon, i.item_list_id AS item_list_id, i.item_list_name AS item_list_name,
    CAST(i.index AS STRING) AS item_list_index, ${float('i.discount')} AS discount
    FROM UNNEST(items) AS i WITH OFFSET AS place ORDER BY place)`;

const yesNo = (sql: string): string => `CASE ${sql} WHEN 'granted' THEN 'Yes' WHEN 'denied' THEN 'No' END`;

/**
 * Names and types of Google Analytics' BigQuery export, so that SQL written for it runs here. What Stargate does not
 * know (LTV, audiences, US dollars) is left out, not invented. Over events without repeats.
 */
export const ga4 = (deduped: string): string => `SELECT
  FORMAT_DATE('%Y%m%d', COALESCE(event_date, DATE(event_timestamp))) AS event_date,
  UNIX_MICROS(event_timestamp) AS event_timestamp, event_name,
  ARRAY_CONCAT(${FROM_COLUMNS},
    ${FROM_PUSH}) AS event_params,
  UNIX_MICROS(received_at) - UNIX_MICROS(sent_at) AS event_server_timestamp_offset,
  user_id, user_pseudo_id,
  STRUCT(${yesNo('consent.analytics_storage')} AS analytics_storage, ${yesNo('consent.ad_storage')} AS ads_storage) AS privacy_info,
  STRUCT(device_category AS category, os AS operating_system, language AS language,
    STRUCT(browser AS browser, browser_version AS browser_version, page_hostname AS hostname) AS web_info) AS device,
  STRUCT(geo_city AS city, geo_country AS country, geo_region AS region) AS geo,
  STRUCT(utm_campaign AS name, utm_medium AS medium, utm_source AS source) AS traffic_source,
  STRUCT(utm_campaign AS manual_campaign_name, utm_source AS manual_source, utm_medium AS manual_medium,
    utm_term AS manual_term, utm_content AS manual_content, gclid AS gclid) AS collected_traffic_source,
  source_id AS stream_id, 'WEB' AS platform,
  STRUCT((SELECT SUM(COALESCE(i.quantity, 1)) FROM UNNEST(items) AS i) AS total_item_quantity,
    IF(event_name = 'purchase', ${float('value')}, NULL) AS purchase_revenue,
    ${float('shipping')} AS shipping_value, ${float('tax')} AS tax_value,
    (SELECT COUNT(DISTINCT i.item_id) FROM UNNEST(items) AS i) AS unique_items,
    transaction_id AS transaction_id) AS ecommerce,
  ${ITEMS} AS items
FROM ${deduped}`;
