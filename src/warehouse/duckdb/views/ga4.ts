const VALUE = ['string_value', 'int_value', 'float_value', 'double_value'] as const;
const NULLS: Readonly<Record<(typeof VALUE)[number], string>> = {
  string_value: 'NULL::VARCHAR',
  int_value: 'NULL::BIGINT',
  float_value: 'NULL::DOUBLE',
  double_value: 'NULL::DOUBLE',
};

/** One element of event_params; exactly one of the four value fields is set. */
function param(key: string, values: Partial<typeof NULLS>): string {
  const fields = VALUE.map((name) => `'${name}': ${values[name] ?? NULLS[name]}`).join(', ');
  return `{'key': ${key}, 'value': {${fields}}}`;
}
const column = (key: string, field: (typeof VALUE)[number], sql = key): string =>
  `CASE WHEN ${sql} IS NULL THEN NULL ELSE ${param(`'${key}'`, { [field]: sql })} END`;

const COLUMNS = [
  column('page_location', 'string_value'),
  column('page_title', 'string_value'),
  column('page_referrer', 'string_value'),
  column('ga_session_id', 'int_value', 'session_id'),
  column('ga_session_number', 'int_value', 'session_number'),
  column('transaction_id', 'string_value'),
  column('value', 'double_value', 'value::DOUBLE'),
  column('currency', 'string_value'),
  column('coupon', 'string_value'),
  column('source', 'string_value', 'utm_source'),
  column('medium', 'string_value', 'utm_medium'),
  column('campaign', 'string_value', 'utm_campaign'),
  column('term', 'string_value', 'utm_term'),
  column('content', 'string_value', 'utm_content'),
];

/** Top-level scalars of the push. A key is read by JSON pointer, because it may hold dots and quotes. */
const at = `json_extract(data_layer, '/' || replace(replace(k, '~', '~0'), '/', '~1'))`;
const text = `${at} ->> '$'`;
const kind = `json_type(${at})`;
const PUSHED = `list_transform(
    list_filter(coalesce(json_keys(data_layer), []), lambda k: k NOT IN ('event', ${COLUMNS.map((sql) => /'key': ('\w+')/.exec(sql)?.[1]).join(', ')})
      AND NOT starts_with(k, 'gtm.') AND ${kind} IN ('VARCHAR', 'BOOLEAN', 'BIGINT', 'UBIGINT', 'DOUBLE')),
    lambda k: ${param('k', {
      string_value: `CASE WHEN ${kind} IN ('VARCHAR', 'BOOLEAN') THEN ${text} END`,
      int_value: `CASE WHEN ${kind} IN ('BIGINT', 'UBIGINT') THEN TRY_CAST(${text} AS BIGINT) END`,
      double_value: `CASE WHEN ${kind} = 'DOUBLE' THEN TRY_CAST(${text} AS DOUBLE) END`,
    })})`;

const ITEM_REVENUE = `(i.price * coalesce(i.quantity, 1))::DOUBLE`;
const ITEMS = `list_transform(coalesce(items, []), lambda i: {
    'item_id': i.item_id, 'item_name': i.item_name, 'item_brand': i.item_brand, 'item_variant': i.item_variant,
    'item_category': i.item_category, 'item_category2': i.item_category2, 'item_category3': i.item_category3,
    'item_category4': i.item_category4, 'item_category5': i.item_category5,
    'price': i.price::DOUBLE, 'quantity': i.quantity,
    'item_revenue': CASE WHEN event_name = 'purchase' THEN ${ITEM_REVENUE} END,
    'coupon': i.coupon, 'item_list_id': i.item_list_id, 'item_list_name': i.item_list_name,
    'item_list_index': i."index"::VARCHAR, 'discount': i.discount::DOUBLE})`;

const isPurchase = (sql: string): string => `CASE WHEN event_name = 'purchase' THEN ${sql} END`;

/**
 * Names and types of Google Analytics' BigQuery export, so that SQL written for it runs here. What Stargate
 * does not know (LTV, audiences, US dollars) is left out, not invented. `deduped` is the name of that view.
 */
export const ga4 = (deduped: string): string => `SELECT
  strftime(coalesce(event_date, (event_timestamp AT TIME ZONE 'UTC')::DATE), '%Y%m%d') AS event_date,
  epoch_us(event_timestamp) AS event_timestamp, event_name,
  list_filter([${COLUMNS.join(', ')}], lambda p: p IS NOT NULL) || ${PUSHED} AS event_params,
  epoch_us(received_at) - epoch_us(sent_at) AS event_server_timestamp_offset,
  user_id, user_pseudo_id,
  {'analytics_storage': CASE consent.analytics_storage WHEN 'granted' THEN 'Yes' WHEN 'denied' THEN 'No' END,
   'ads_storage': CASE consent.ad_storage WHEN 'granted' THEN 'Yes' WHEN 'denied' THEN 'No' END} AS privacy_info,
  {'category': device_category, 'operating_system': os, 'language': language,
   'web_info': {'browser': browser, 'browser_version': browser_version, 'hostname': page_hostname}} AS device,
  {'city': geo_city, 'country': geo_country, 'region': geo_region} AS geo,
  {'name': utm_campaign, 'medium': utm_medium, 'source': utm_source} AS traffic_source,
  {'manual_campaign_name': utm_campaign, 'manual_source': utm_source, 'manual_medium': utm_medium,
   'manual_term': utm_term, 'manual_content': utm_content, 'gclid': gclid} AS collected_traffic_source,
  source_id AS stream_id, 'WEB' AS platform,
  {'total_item_quantity': list_sum(list_transform(items, lambda i: coalesce(i.quantity, 1)))::BIGINT,
   'purchase_revenue': ${isPurchase('value::DOUBLE')}, 'shipping_value': shipping::DOUBLE, 'tax_value': tax::DOUBLE,
   'unique_items': len(list_distinct(list_transform(items, lambda i: i.item_id))),
   'transaction_id': transaction_id} AS ecommerce,
  ${ITEMS} AS items
FROM ${deduped}`;
