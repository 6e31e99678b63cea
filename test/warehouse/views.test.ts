import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/event/fields.js';
import { PROBE_EVENT } from '../../src/event/probe.js';
import type { Warehouse } from '../../src/warehouse/port.js';
import { inMemory } from './folder.js';
import { KEY, row } from './rows.js';

let warehouse: Warehouse;
beforeEach(async () => {
  warehouse = await inMemory();
});
afterEach(() => warehouse.close());

const store = async (records: readonly Partial<EventRecord>[]): Promise<void> => {
  const writer = await warehouse.openPartition(KEY, null);
  await writer.append(records.map((record, offset) => row(offset, record)));
};
const at = (hours: number): string => new Date(Date.UTC(2026, 2, 1) + hours * 3_600_000).toISOString();
const rowsOf = async (sql: string) => (await warehouse.query(sql)).rows;

describe('events_deduped', () => {
  it('hides a repeat within 72 hours of the one before it', async () => {
    const same = { event_id: 'same', source_id: 'shop' };
    await store([
      { ...same, received_at: at(50) },
      { ...same, received_at: at(0) },
      { ...same, received_at: at(72) },
      { ...same, received_at: at(144.01) },
      { ...same, received_at: at(1), source_id: 'other shop' },
      { event_id: 'same', received_at: at(2) },
      { event_id: 'same', received_at: at(2) },
      { event_id: 'alone', source_id: 'shop', received_at: at(0) },
    ]);
    const kept = await rowsOf('SELECT kafka_offset AS o FROM events_deduped ORDER BY 1');
    // 0 and 2 repeat 1; 3 comes 72.01 h after 2; of 5 and 6 the lower offset stays.
    expect(kept.map(({ o }) => o)).toEqual([1, 3, 4, 5, 7]);
  });
});

describe('probes of latency', () => {
  it('are in the table and in no view', async () => {
    const visit = { user_pseudo_id: '1.2', session_id: 7, source_id: 'shop' };
    await store([
      { ...visit, event_id: 'a', event_name: 'page_view' },
      { ...visit, event_id: 'probe-run-000000000', event_name: PROBE_EVENT },
    ]);
    const count = async (from: string) => (await rowsOf(`SELECT count(*) AS n FROM ${from}`))[0]?.n;
    expect(await count('events')).toBe(2);
    for (const view of ['events_deduped', 'events_ga4', 'events_v2_compat', 'sessions'])
      expect([view, await count(view)]).toEqual([view, 1]);
    expect(await rowsOf('SELECT events FROM sessions')).toEqual([{ events: 1 }]);
  });
});

describe('events_ga4', () => {
  it('has the names and types of the export', async () => {
    await store([
      {
        event_name: 'purchase',
        event_timestamp: '2026-03-02T01:30:00.500Z',
        event_date: '2026-03-01',
        user_pseudo_id: '1.2',
        session_id: 17,
        page_location: 'https://shop.example/ok',
        transaction_id: 'T1',
        value: '30.5',
        currency: 'BRL',
        tax: '1',
        utm_source: 'news',
        consent: { analytics_storage: 'granted', ad_storage: 'denied' },
        items: [
          { item_id: 'a', price: '10', quantity: 2, index: 1 },
          { item_id: 'b', price: '10.5' },
        ],
        data_layer: {
          event: 'purchase',
          method: 'pix',
          'a.b/c"d': 2.5,
          tries: 3,
          ok: true,
          deep: { x: 1 },
          none: null,
        },
      },
    ]);
    const [found] = await rowsOf('SELECT * FROM events_ga4');
    expect(found).toMatchObject({
      event_date: '20260301',
      event_timestamp: Date.UTC(2026, 2, 2, 1, 30, 0, 500) * 1000,
      event_name: 'purchase',
      user_pseudo_id: '1.2',
      privacy_info: { analytics_storage: 'Yes', ads_storage: 'No' },
      traffic_source: { source: 'news', medium: null, name: null },
      ecommerce: {
        purchase_revenue: 30.5,
        tax_value: 1,
        total_item_quantity: 3,
        unique_items: 2,
        transaction_id: 'T1',
      },
      items: [
        { item_id: 'a', price: 10, quantity: 2, item_revenue: 20, item_list_index: '1' },
        { item_id: 'b', price: 10.5, item_revenue: 10.5, item_list_index: null },
      ],
    });
    const params = await rowsOf(
      'SELECT p.key, p.value.string_value AS s, p.value.int_value AS i, p.value.double_value AS d FROM (SELECT unnest(event_params) AS p FROM events_ga4)',
    );
    const value = { s: null, i: null, d: null };
    expect(params).toEqual([
      { ...value, key: 'page_location', s: 'https://shop.example/ok' },
      { ...value, key: 'ga_session_id', i: 17 },
      { ...value, key: 'transaction_id', s: 'T1' },
      { ...value, key: 'value', d: 30.5 },
      { ...value, key: 'currency', s: 'BRL' },
      { ...value, key: 'source', s: 'news' },
      { ...value, key: 'method', s: 'pix' },
      { ...value, key: 'a.b/c"d', d: 2.5 },
      { ...value, key: 'tries', i: 3 },
      { ...value, key: 'ok', s: 'true' },
    ]);
  });

  it('runs a query as people write it for the export', async () => {
    await store([{ event_name: 'page_view', page_location: 'https://a/' }, { event_name: 'other' }]);
    expect(
      await rowsOf(`SELECT event_name,
        (SELECT p.value.string_value FROM (SELECT unnest(event_params) AS p) WHERE p.key = 'page_location') AS page
        FROM events_ga4 ORDER BY 1 DESC`),
    ).toEqual([
      { event_name: 'page_view', page: 'https://a/' },
      { event_name: 'other', page: null },
    ]);
  });
});

describe('events_v2_compat', () => {
  it('has the ten fields and the log coordinates, by their old names', async () => {
    await store([
      {
        hitType: 'event',
        page: '/a',
        clientId: '1.2',
        eventCategory: 'c',
        eventAction: 'clique:menu',
        eventLabel: 'l',
        utmSource: 's',
        utmMedium: 'm',
        utmCampaign: 'x',
        timestampGTM: '17',
      },
    ]);
    expect(await rowsOf('SELECT * FROM events_v2_compat')).toEqual([
      {
        hitType: 'event',
        page: '/a',
        clientId: '1.2',
        eventCategory: 'c',
        eventAction: 'clique:menu',
        eventLabel: 'l',
        utmSource: 's',
        utmMedium: 'm',
        utmCampaign: 'x',
        timestampGTM: '17',
        key: null,
        topic: KEY.topic,
        partition: 0,
        offset: 0,
        timestamp: '2026-03-01T12:00:00.000Z',
      },
    ]);
  });
});

describe('sessions', () => {
  it('sums up each session, an order once, money per currency', async () => {
    const visit = { source_id: 'shop', user_pseudo_id: '1.2', session_id: 7, session_number: 2 };
    const order = { ...visit, event_name: 'purchase', transaction_id: 'T1', value: '10.25', currency: 'BRL' };
    await store([
      {
        ...visit,
        event_timestamp: at(1),
        page_location: 'https://a/start',
        utm_source: 'news',
        utm_medium: 'mail',
        utm_campaign: 'x',
      },
      { ...visit, event_timestamp: at(1.5), event_name: 'scroll', user_id: 'u1' },
      { ...order, event_timestamp: at(2), page_location: 'https://a/end', utm_source: 'other' },
      { ...order, event_timestamp: at(2) },
      { ...order, event_timestamp: at(2), transaction_id: 'T2', value: '0.75' },
      { ...order, event_timestamp: at(2), transaction_id: 'T3', value: '5', currency: 'USD' },
      { ...visit, source_id: undefined, event_timestamp: at(3) },
      { event_timestamp: at(4) },
    ]);
    const found = await rowsOf('SELECT * FROM sessions ORDER BY session_start');
    expect(found).toHaveLength(2);
    expect(found[0]).toEqual({
      source_id: 'shop',
      user_pseudo_id: '1.2',
      session_id: 7,
      session_number: 2,
      user_id: 'u1',
      session_start: at(1),
      session_end: at(2),
      duration_seconds: 3600,
      events: 6,
      page_views: 1,
      landing_page: 'https://a/start',
      exit_page: 'https://a/end',
      referrer: null,
      source: 'news',
      medium: 'mail',
      campaign: 'x',
      device_category: null,
      geo_country: null,
      purchases: 3,
      revenue: [
        { currency: 'BRL', revenue: '11.000000000' },
        { currency: 'USD', revenue: '5.000000000' },
      ],
      is_bot: false,
    });
    expect(found[1]).toMatchObject({ source_id: null, events: 1, page_views: 1, purchases: 0, revenue: [] });
  });
});
