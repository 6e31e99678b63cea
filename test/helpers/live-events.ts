import type { EventRow, RejectedRow } from '../../src/event/fields.js';
import { GROUPS } from '../../src/event/fields.js';
import type { LiveEvent, LiveHello } from '../../src/event/live.js';

/** What the live page is shown in tests: events with the fields that a shop's events have. */
export function hello(collector: string): LiveHello {
  return {
    version: '3.0.0-test',
    collector,
    writeKey: 'dev',
    log: 'embedded:.stargate/log',
    warehouse: 'duckdb:.stargate/warehouse.duckdb',
    groups: GROUPS.map(({ group, fields }) => ({
      group,
      columns: fields.map(({ name, type }) => ({ name, type })),
    })),
  };
}

const START = Date.parse('2026-11-23T14:31:00.000Z');

/** UUID-shaped, and in order of `offset`. */
export const idOf = (offset: number) => `01a208d2-392f-73e7-9d7c-${String(offset).padStart(12, '0')}`;
export const timeOf = (offset: number) => new Date(START + offset * 137).toISOString();

type Common = Pick<LiveEvent, 'key' | 'received_at' | 'event_id' | 'page_path' | 'user_pseudo_id'>;

const common = (offset: number, path: string): Common => ({
  key: `0:${offset}`,
  received_at: timeOf(offset),
  event_id: idOf(offset),
  page_path: path,
  user_pseudo_id: '903561127.1795443301',
});

export function inFlight(offset: number, name: string, path = '/demo/'): LiveEvent {
  return {
    ...common(offset, path),
    state: 'in_flight',
    event_name: name,
    pii_redactions: 0,
    issues: 0,
    queryable_ms: null,
    hops: null,
    reason: null,
    pointer: null,
    row: null,
  };
}

export function good(
  offset: number,
  name: string,
  path = '/demo/',
  columns: Partial<EventRow> = {},
): LiveEvent {
  const row: EventRow = {
    event_id: idOf(offset),
    schema_version: 1,
    received_at: timeOf(offset),
    event_timestamp: timeOf(offset),
    event_name: name,
    event_date: '2026-11-23',
    source_id: 'dev',
    ingest_path: 'v1',
    user_pseudo_id: '903561127.1795443301',
    client_id_source: 'ga',
    session_id: 1_795_443_301,
    page_location: `http://127.0.0.1:8000${path}`,
    page_path: path,
    page_title: 'Casa Ipê',
    device_category: 'mobile',
    consent: { analytics_storage: 'granted', ad_storage: 'denied' },
    collection_mode: 'full',
    is_bot: false,
    data_layer: { event: name, 'gtm.uniqueEventId': offset },
    kafka_topic: 'stargate_v2.realtime',
    kafka_partition: 0,
    kafka_offset: offset,
    ...columns,
  };
  return {
    ...inFlight(offset, name, path),
    state: 'good',
    event_id: row.event_id,
    pii_redactions: row.pii_redactions ?? 0,
    issues: row.issues?.length ?? 0,
    queryable_ms: 184,
    hops: { client: 12, log: 3, worker: 98, row: 71 },
    row,
  };
}

/** A purchase with three scrubbed values, items and one note. */
export function purchase(offset: number): LiveEvent {
  const items = [
    {
      item_id: 'CHG-09',
      item_name: 'Chaleira Gota 900 ml',
      item_category: 'Café',
      price: '249.9',
      quantity: 1,
    },
    { item_id: 'TBI-02', item_name: 'Tábua de Ipê média', item_category: 'Mesa', price: '139', quantity: 2 },
  ];
  return good(offset, 'purchase', '/demo/obrigado', {
    page_location: 'http://127.0.0.1:8000/demo/obrigado?pedido=20418&fone=[phone]',
    transaction_id: 'IPE-20418',
    value: '527.90',
    currency: 'BRL',
    shipping: '19.90',
    items,
    pii_redactions: 4,
    issues: ['/ecommerce/shipping: number in text, read as 19.90'],
    data_layer: {
      event: 'purchase',
      customer: { email: '[email]', cpf: '[cpf]', phone: '[phone]' },
      ecommerce: {
        transaction_id: 'IPE-20418',
        currency: 'BRL',
        value: 527.9,
        shipping: '19,90',
        items: items.map((item) => ({ ...item, price: Number(item.price) })),
      },
    },
  });
}

/** An event whose `ts` is a date in text. */
export function bad(offset: number, name: string | null = 'add_to_cart', raw?: string): LiveEvent {
  const row: RejectedRow = {
    received_at: timeOf(offset),
    reason: 'field_type',
    pointer: '/ts',
    source_id: 'dev',
    raw:
      raw ??
      JSON.stringify({ id: idOf(offset), name, ts: timeOf(offset), data_layer: { event: name, a: [1, 2] } }),
    kafka_topic: 'stargate_v2.realtime',
    kafka_partition: 0,
    kafka_offset: offset,
  };
  return {
    ...inFlight(offset, name ?? '', '/demo/p/moedor-cafe'),
    event_name: name,
    state: 'bad',
    reason: row.reason,
    pointer: '/ts',
    row,
  };
}

const NAMES = [
  'page_view',
  'view_item_list',
  'select_item',
  'view_item',
  'add_to_cart',
  'view_cart',
  'scroll',
];
const PATHS = ['/demo/', '/demo/c/cafe', '/demo/p/chaleira-gota', '/demo/carrinho'];

/** `count` events of a busy shop from `from` on: now and then a purchase, now and then a bad one. */
export function shopping(count: number, from = 0): LiveEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const offset = from + index;
    if (offset % 17 === 9) return purchase(offset);
    if (offset % 23 === 11) return bad(offset);
    return good(offset, NAMES[offset % NAMES.length]!, PATHS[offset % PATHS.length]!);
  });
}
