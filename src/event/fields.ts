/**
 * THE event, written once. Types, validator, BigQuery and DuckDB columns, the Spark schema, the OpenAPI
 * document and the field reference are derived from this table (see `derive/`); a guard compares.
 *
 * To add a field: append it to its group here, count SCHEMA_VERSION up, run `npm run generate`.
 * Fields are only ever added, never renamed or removed: older records stay readable.
 */
export const SCHEMA_VERSION = 1;

export type FieldType = 'STRING' | 'INT64' | 'BOOL' | 'TIMESTAMP' | 'DATE' | 'NUMERIC' | 'JSON' | 'RECORD';

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly mode?: 'REQUIRED' | 'REPEATED';
  readonly doc: string;
  readonly fields?: readonly Field[];
}

export interface FieldGroup {
  readonly group: string;
  readonly doc: string;
  readonly fields: readonly Field[];
}

const CONSENT = [
  { name: 'ad_storage', type: 'STRING', doc: 'Storage for advertising: granted, denied or unset.' },
  {
    name: 'ad_user_data',
    type: 'STRING',
    doc: 'Sending user data for advertising: granted, denied or unset.',
  },
  { name: 'ad_personalization', type: 'STRING', doc: 'Personalised advertising: granted, denied or unset.' },
  { name: 'analytics_storage', type: 'STRING', doc: 'Storage for analytics: granted, denied or unset.' },
  {
    name: 'functionality_storage',
    type: 'STRING',
    doc: 'Storage for functionality: granted, denied or unset.',
  },
  {
    name: 'personalization_storage',
    type: 'STRING',
    doc: 'Storage for personalisation: granted, denied or unset.',
  },
  { name: 'security_storage', type: 'STRING', doc: 'Storage for security: granted, denied or unset.' },
] as const satisfies readonly Field[];

const ITEM = [
  { name: 'item_id', type: 'STRING', doc: 'Product id or SKU.' },
  { name: 'item_name', type: 'STRING', doc: 'Product name.' },
  { name: 'item_brand', type: 'STRING', doc: 'Brand.' },
  { name: 'item_category', type: 'STRING', doc: 'Category, first level.' },
  { name: 'item_category2', type: 'STRING', doc: 'Category, second level.' },
  { name: 'item_category3', type: 'STRING', doc: 'Category, third level.' },
  { name: 'item_category4', type: 'STRING', doc: 'Category, fourth level.' },
  { name: 'item_category5', type: 'STRING', doc: 'Category, fifth level.' },
  { name: 'item_variant', type: 'STRING', doc: 'Variant, such as colour or size.' },
  { name: 'price', type: 'NUMERIC', doc: 'Price of one unit, in `currency`.' },
  { name: 'quantity', type: 'INT64', doc: 'Number of units.' },
  { name: 'discount', type: 'NUMERIC', doc: 'Discount on one unit, in `currency`.' },
  { name: 'index', type: 'INT64', doc: 'Position in the list.' },
  { name: 'item_list_id', type: 'STRING', doc: 'Id of the list that showed the item.' },
  { name: 'item_list_name', type: 'STRING', doc: 'Name of the list that showed the item.' },
  { name: 'coupon', type: 'STRING', doc: 'Coupon on the item.' },
] as const satisfies readonly Field[];

const GTM = [
  { name: 'container_id', type: 'STRING', doc: 'GTM container, such as GTM-ABC123.' },
  { name: 'container_version', type: 'STRING', doc: 'Version of the container.' },
  { name: 'unique_event_id', type: 'INT64', doc: 'gtm.uniqueEventId of the push.' },
  { name: 'mode', type: 'STRING', doc: 'What the tag sends: push, model, selected or mapping.' },
] as const satisfies readonly Field[];

export const GROUPS = [
  {
    group: 'envelope',
    doc: 'What happened, when, and through which door it came in.',
    fields: [
      {
        name: 'event_id',
        type: 'STRING',
        mode: 'REQUIRED',
        doc: 'Id made once by the sender; a UUIDv7 of the collector where it is absent.',
      },
      {
        name: 'schema_version',
        type: 'INT64',
        mode: 'REQUIRED',
        doc: 'Version of this table when the event was written.',
      },
      {
        name: 'received_at',
        type: 'TIMESTAMP',
        mode: 'REQUIRED',
        doc: 'When the collector had the whole request. Partition column.',
      },
      {
        name: 'event_timestamp',
        type: 'TIMESTAMP',
        mode: 'REQUIRED',
        doc: 'Client time corrected by received_at − sent_at, clamped to −72 h … +5 min of received_at.',
      },
      {
        name: 'client_timestamp',
        type: 'TIMESTAMP',
        doc: "When it happened by the client's clock, uncorrected.",
      },
      { name: 'sent_at', type: 'TIMESTAMP', doc: "When the client sent the request, by the client's clock." },
      {
        name: 'event_name',
        type: 'STRING',
        mode: 'REQUIRED',
        doc: 'Name; else dataLayer `event`, else hitType, else `unnamed`. `stargate_probe` is reserved for `latency`.',
      },
      { name: 'event_date', type: 'DATE', doc: "Date of event_timestamp in the site's time zone." },
      { name: 'source_id', type: 'STRING', doc: 'Configured source that the write key belongs to.' },
      { name: 'origin', type: 'STRING', doc: 'Origin header of the request.' },
      { name: 'ingest_path', type: 'STRING', doc: 'Route: v1, legacy, gif or mp.' },
      { name: 'tracker_version', type: 'STRING', doc: 'Version of stargate.js.' },
    ],
  },
  {
    group: 'identity',
    doc: 'Who, as far as consent allows.',
    fields: [
      {
        name: 'user_pseudo_id',
        type: 'STRING',
        doc: 'GA client id, else the id of our own tracker, else clientId.',
      },
      {
        name: 'client_id_source',
        type: 'STRING',
        doc: 'Where user_pseudo_id came from: ga, stargate, legacy or mp.',
      },
      { name: 'user_id', type: 'STRING', doc: 'Id of a signed-in user, as the site set it.' },
      { name: 'session_id', type: 'INT64', doc: 'Session id.' },
      { name: 'session_number', type: 'INT64', doc: 'Number of the session of this client.' },
    ],
  },
  {
    group: 'page',
    doc: 'Where on the site.',
    fields: [
      { name: 'page_location', type: 'STRING', doc: 'Full address, scrubbed.' },
      { name: 'page_hostname', type: 'STRING', doc: 'Host name of page_location.' },
      { name: 'page_path', type: 'STRING', doc: 'Path of page_location, without query and fragment.' },
      { name: 'page_title', type: 'STRING', doc: 'Title, scrubbed.' },
      { name: 'page_referrer', type: 'STRING', doc: 'Referrer, scrubbed.' },
    ],
  },
  {
    group: 'traffic',
    doc: 'Where the visit came from.',
    fields: [
      { name: 'utm_source', type: 'STRING', doc: 'utm_source of page_location.' },
      { name: 'utm_medium', type: 'STRING', doc: 'utm_medium of page_location.' },
      { name: 'utm_campaign', type: 'STRING', doc: 'utm_campaign of page_location.' },
      { name: 'utm_term', type: 'STRING', doc: 'utm_term of page_location.' },
      { name: 'utm_content', type: 'STRING', doc: 'utm_content of page_location.' },
      { name: 'gclid', type: 'STRING', doc: 'Google click id, only with ad consent.' },
      { name: 'fbclid', type: 'STRING', doc: 'Meta click id, only with ad consent.' },
    ],
  },
  {
    group: 'device',
    doc: 'Device and place, coarse on purpose.',
    fields: [
      { name: 'device_category', type: 'STRING', doc: 'desktop, mobile, tablet, tv or bot.' },
      { name: 'browser', type: 'STRING', doc: 'Browser name from the user agent.' },
      { name: 'browser_version', type: 'STRING', doc: 'Browser version from the user agent.' },
      { name: 'os', type: 'STRING', doc: 'Operating system from the user agent.' },
      { name: 'language', type: 'STRING', doc: 'Language of the browser.' },
      { name: 'screen', type: 'STRING', doc: 'Screen size, WIDTHxHEIGHT in CSS pixels.' },
      { name: 'viewport', type: 'STRING', doc: 'Viewport size, WIDTHxHEIGHT in CSS pixels.' },
      { name: 'time_zone', type: 'STRING', doc: "IANA time zone of the visitor's browser." },
      {
        name: 'geo_country',
        type: 'STRING',
        doc: 'ISO 3166 country from a local database, where one is configured.',
      },
      { name: 'geo_region', type: 'STRING', doc: 'Region from a local database, where one is configured.' },
      { name: 'geo_city', type: 'STRING', doc: 'City from a local database, where one is configured.' },
      {
        name: 'ip_truncated',
        type: 'STRING',
        doc: 'Address cut to /24 (IPv4) or /48 (IPv6). The whole address is stored nowhere.',
      },
    ],
  },
  {
    group: 'consent',
    doc: 'What the visitor allowed when the event was made.',
    fields: [
      { name: 'consent', type: 'RECORD', doc: 'Consent Mode state.', fields: CONSENT },
      { name: 'collection_mode', type: 'STRING', doc: 'full or anonymous.' },
    ],
  },
  {
    group: 'commerce',
    doc: 'Filled from GA4 and from Universal Analytics enhanced ecommerce.',
    fields: [
      { name: 'transaction_id', type: 'STRING', doc: 'Order number.' },
      { name: 'value', type: 'NUMERIC', doc: 'Value of the event, in `currency`.' },
      { name: 'currency', type: 'STRING', doc: 'ISO 4217 code.' },
      { name: 'tax', type: 'NUMERIC', doc: 'Tax, in `currency`.' },
      { name: 'shipping', type: 'NUMERIC', doc: 'Shipping, in `currency`.' },
      { name: 'coupon', type: 'STRING', doc: 'Coupon on the order.' },
      { name: 'items', type: 'RECORD', mode: 'REPEATED', doc: 'Products.', fields: ITEM },
    ],
  },
  {
    group: 'legacy',
    doc: 'The ten fields of Stargate 2.0; names and text unchanged after scrubbing.',
    fields: [
      { name: 'hitType', type: 'STRING', doc: 'Stargate 2.0 hitType.' },
      { name: 'page', type: 'STRING', doc: 'Stargate 2.0 page.' },
      { name: 'clientId', type: 'STRING', doc: 'Stargate 2.0 clientId.' },
      { name: 'eventCategory', type: 'STRING', doc: 'Stargate 2.0 eventCategory.' },
      { name: 'eventAction', type: 'STRING', doc: 'Stargate 2.0 eventAction.' },
      { name: 'eventLabel', type: 'STRING', doc: 'Stargate 2.0 eventLabel.' },
      { name: 'utmSource', type: 'STRING', doc: 'Stargate 2.0 utmSource.' },
      { name: 'utmMedium', type: 'STRING', doc: 'Stargate 2.0 utmMedium.' },
      { name: 'utmCampaign', type: 'STRING', doc: 'Stargate 2.0 utmCampaign.' },
      { name: 'timestampGTM', type: 'STRING', doc: 'Stargate 2.0 timestampGTM.' },
    ],
  },
  {
    group: 'payload',
    doc: 'What the page pushed, whole.',
    fields: [
      { name: 'data_layer', type: 'JSON', doc: 'The sanitised and scrubbed push.' },
      { name: 'gtm', type: 'RECORD', doc: 'The container that sent it.', fields: GTM },
      {
        name: 'truncated',
        type: 'STRING',
        mode: 'REPEATED',
        doc: 'JSON pointers into data_layer where the sanitiser cut.',
      },
      { name: 'payload_bytes', type: 'INT64', doc: 'Bytes of the event as it arrived.' },
    ],
  },
  {
    group: 'quality',
    doc: 'What to know before trusting the row.',
    fields: [
      { name: 'is_bot', type: 'BOOL', doc: 'Whether anything speaks for a machine.' },
      { name: 'bot_reasons', type: 'STRING', mode: 'REPEATED', doc: 'What speaks for a machine.' },
      { name: 'pii_redactions', type: 'INT64', doc: 'Number of values that the scrubber removed.' },
      {
        name: 'issues',
        type: 'STRING',
        mode: 'REPEATED',
        doc: 'Fields that were read with a note, as `pointer: text`.',
      },
    ],
  },
  {
    group: 'transport',
    doc: 'Where the record stood in the log. Filled by the worker, unique per log.',
    fields: [
      { name: 'kafka_topic', type: 'STRING', doc: 'Topic, or name of the embedded log.' },
      { name: 'kafka_partition', type: 'INT64', doc: 'Partition.' },
      { name: 'kafka_offset', type: 'INT64', doc: 'Offset in the partition.' },
      { name: 'kafka_timestamp', type: 'TIMESTAMP', doc: 'Timestamp of the record.' },
      { name: 'kafka_key', type: 'STRING', doc: 'Key of the record.' },
    ],
  },
] as const satisfies readonly FieldGroup[];

/** A record that could not be stored as an event; same derivations, table `events_rejected`. */
export const REJECTED_FIELDS = [
  {
    name: 'received_at',
    type: 'TIMESTAMP',
    mode: 'REQUIRED',
    doc: 'When the collector had the request; for an unreadable record, its log timestamp.',
  },
  { name: 'reason', type: 'STRING', mode: 'REQUIRED', doc: 'Reason code, see the error reference.' },
  { name: 'pointer', type: 'STRING', doc: 'JSON pointer to the place, relative to the event.' },
  { name: 'source_id', type: 'STRING', doc: 'Configured source that the write key belongs to.' },
  { name: 'raw', type: 'STRING', doc: 'What arrived, scrubbed, at most 64 KiB.' },
  { name: 'kafka_topic', type: 'STRING', mode: 'REQUIRED', doc: 'Topic, or name of the embedded log.' },
  { name: 'kafka_partition', type: 'INT64', mode: 'REQUIRED', doc: 'Partition.' },
  { name: 'kafka_offset', type: 'INT64', mode: 'REQUIRED', doc: 'Offset in the partition.' },
] as const satisfies readonly Field[];

type FieldOf<G> = G extends { readonly fields: readonly (infer F)[] } ? F : never;
export type EventField = FieldOf<(typeof GROUPS)[number]>;

/** All columns in the table's order. */
export const FIELDS = GROUPS.flatMap((group) => group.fields as readonly Field[]) as readonly Field[];

/** JSON form of a value in the log: TIMESTAMP is ISO 8601 with ms and Z, DATE is YYYY-MM-DD, NUMERIC a decimal string. */
interface JsonForm {
  STRING: string;
  INT64: number;
  BOOL: boolean;
  TIMESTAMP: string;
  DATE: string;
  NUMERIC: string;
  JSON: unknown;
}
type Single<F> = F extends { readonly type: 'RECORD'; readonly fields: readonly (infer S)[] }
  ? RecordOf<S>
  : F extends { readonly type: infer T extends keyof JsonForm }
    ? JsonForm[T]
    : never;
type Value<F> = F extends { readonly mode: 'REPEATED' } ? Single<F>[] : Single<F>;
type NameOf<F> = F extends { readonly name: infer N extends string } ? N : never;
type RecordOf<F> = {
  [K in F as K extends { readonly mode: 'REQUIRED' } ? NameOf<K> : never]: Value<K>;
} & {
  [K in F as K extends { readonly mode: 'REQUIRED' } ? never : NameOf<K>]?: Value<K> | undefined;
};
type Flat<T> = { [K in keyof T]: T[K] };

type TransportField = FieldOf<Extract<(typeof GROUPS)[number], { readonly group: 'transport' }>>;

/** The value of an event's log record: absent means null. */
export type EventRecord = Flat<RecordOf<Exclude<EventField, TransportField>>>;
/** A row of the event table: the record and where it stood in the log. */
export type EventRow = Flat<RecordOf<EventField>>;
export type EventItem = Flat<RecordOf<(typeof ITEM)[number]>>;
export type Consent = Flat<RecordOf<(typeof CONSENT)[number]>>;
export type RejectedRow = Flat<RecordOf<(typeof REJECTED_FIELDS)[number]>>;

/** The value of a rejected event's log record (events.md §2). */
export interface RejectedRecord {
  schema_version: number;
  received_at: string;
  source_id?: string | undefined;
  rejected: { reason: string; pointer?: string | undefined };
  raw: string;
}
