/** Every view gives in BigQuery's SQL what DuckDB's gives for the same rows. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/event/fields.js';
import { PROBE_EVENT } from '../../../src/event/probe.js';
import { type BigquerySettings, openSql } from '../../../src/warehouse/bigquery/open.js';
import type { QueryResult, Warehouse } from '../../../src/warehouse/port.js';
import { type LocalBigquery, startBigquery } from '../../helpers/bigquery-sql.js';
import { describeWith } from '../../helpers/needs.js';
import { inMemory } from '../../warehouse/folder.js';
import { KEY, row } from '../../warehouse/rows.js';
import { plant, settingsOf } from './support.js';

const at = (hours: number): string => new Date(Date.UTC(2026, 2, 1) + hours * 3_600_000).toISOString();

const same = { event_id: 'same', source_id: 'shop' };
const REPEATS: readonly Partial<EventRecord>[] = [
  { ...same, received_at: at(50) },
  { ...same, received_at: at(0) },
  { ...same, received_at: at(72) },
  { ...same, received_at: at(144.01) },
  { ...same, received_at: at(1), source_id: 'other shop' },
  { event_id: 'same', received_at: at(2) },
  { event_id: 'same', received_at: at(2) },
  // Exactly 72 hours apart, and a millisecond more.
  { event_id: 'edge', received_at: at(0) },
  { event_id: 'edge', received_at: at(72) },
  { event_id: 'past the edge', received_at: at(0) },
  { event_id: 'past the edge', received_at: new Date(Date.parse(at(72)) + 1).toISOString() },
];

const visit = { source_id: 'shop', user_pseudo_id: '1.2', session_id: 7, session_number: 2 };
const order = { ...visit, event_name: 'purchase', transaction_id: 'T1', value: '10.25', currency: 'BRL' };
const SESSIONS: readonly Partial<EventRecord>[] = [
  {
    ...{ ...visit, event_timestamp: at(1), page_location: 'https://a/start', page_referrer: 'https://r/' },
    ...{
      utm_source: 'news',
      utm_medium: 'mail',
      utm_campaign: 'x',
      device_category: 'mobile',
      is_bot: false,
    },
  },
  { ...visit, event_timestamp: at(1.5), event_name: 'scroll', user_id: 'u1', geo_country: 'BR' },
  { ...order, event_timestamp: at(2), page_location: 'https://a/end', utm_source: 'other', is_bot: true },
  { ...order, event_timestamp: at(2) },
  { ...order, event_timestamp: at(2.1), transaction_id: 'T2', value: '0.75' },
  { ...order, event_timestamp: at(2.2), transaction_id: 'T3', value: '5', currency: 'USD' },
  { ...order, event_timestamp: at(2.3), transaction_id: 'T4', value: undefined, currency: undefined },
  { ...visit, source_id: undefined, event_timestamp: at(3), hitType: 'pageview', event_name: 'old' },
  { ...visit, user_pseudo_id: '9.9', event_timestamp: at(4) },
];

const GA4: readonly Partial<EventRecord>[] = [
  {
    ...{ event_name: 'purchase', event_timestamp: '2026-03-02T01:30:00.500Z', event_date: '2026-03-01' },
    ...{
      sent_at: '2026-03-01T11:59:58.250Z',
      user_pseudo_id: '1.2',
      page_location: 'https://shop.example/ok',
    },
    ...{
      transaction_id: 'T1',
      value: '30.5',
      currency: 'BRL',
      tax: '1',
      shipping: '0.000000001',
      gclid: 'g',
    },
    consent: { analytics_storage: 'granted', ad_storage: 'denied' },
    items: [
      { item_id: 'a', price: '10', quantity: 2, index: 1, item_category5: 'c5' },
      { item_id: 'b', price: '10.5', discount: '1' },
      { item_id: 'a' },
    ],
    data_layer: {
      event: 'purchase',
      method: 'pix',
      rate: 2.5,
      tries: 3,
      ok: true,
      none: null,
      deep: { x: 1 },
    },
  },
  {
    event_name: 'other',
    data_layer: { 'gtm.start': 17, currency: 'pushed', big: -9007199254740991, t: "it's" },
  },
  { event_name: PROBE_EVENT, event_id: 'probe-run-000000000' },
];

const LEGACY: Partial<EventRecord> = {
  ...{ hitType: 'event', page: '/a', clientId: '1.2', eventCategory: 'c', eventAction: 'clique:menu' },
  ...{ eventLabel: 'l', utmSource: 's', utmMedium: 'm', utmCampaign: 'x', timestampGTM: '17' },
};

/** What the two say differently and mean alike: decimals as text, an absent list, the order of parameters. */
function alike(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(alike);
    const keyed = items.every((item) => item !== null && typeof item === 'object' && 'key' in item);
    return keyed ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, alike(inner)]));
  return typeof value === 'string' && /^-?\d+\.\d+$/.test(value) ? String(Number(value)) : value;
}
const LISTS = ['items', 'truncated', 'bot_reasons', 'issues', 'revenue'];
/** In an order of their text: which rows come first where a column is null, the two do not agree on. */
const rowsOf = ({ rows }: QueryResult) =>
  rows
    .map((found) => {
      const lists = LISTS.filter((name) => name in found && found[name] === null).map((name) => [name, []]);
      return alike({ ...found, ...Object.fromEntries(lists) });
    })
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describeWith('bigquery', "BigQuery's views", () => {
  let bigquery: LocalBigquery;
  let settings: BigquerySettings;
  let duckdb: Warehouse;
  beforeAll(async () => {
    bigquery = await startBigquery();
    settings = settingsOf(bigquery.endpoint);
    const { setup } = openSql(settings);
    await setup.apply(await setup.plan());
    duckdb = await inMemory();
    const all = [...REPEATS, ...SESSIONS, ...GA4, LEGACY].map((record, offset) => row(offset, record));
    await (await duckdb.openPartition(KEY, null)).append(all);
    await plant(settings, all);
  });
  afterAll(async () => {
    await duckdb?.close();
    await bigquery?.close();
  });

  it.each(['events_deduped', 'events_ga4', 'events_v2_compat', 'sessions'])(
    '%s has the rows and columns of DuckDB',
    async (view) => {
      const sql = `SELECT * FROM ${view}`;
      const [theirs, ours] = await Promise.all([openSql(settings).query(sql), duckdb.query(sql)]);
      expect(theirs.columns.map(({ name }) => name)).toEqual(ours.columns.map(({ name }) => name));
      expect(rowsOf(theirs).length).toBeGreaterThan(2);
      expect(rowsOf(theirs)).toEqual(rowsOf(ours));
    },
  );

  it('keep a repeat hidden where the span begins between it and the first', async () => {
    const { query } = openSql(settings);
    const span = (from: number, to: number) => `TIMESTAMP '${at(from)}', TIMESTAMP '${at(to)}'`;
    const offsets = async (from: string, id = 'same') =>
      (await query(`SELECT kafka_offset AS o FROM ${from} WHERE event_id = '${id}' ORDER BY 1`)).rows.map(
        ({ o }) => o,
      );
    expect(await offsets('events_deduped')).toEqual([1, 3, 4, 5]);
    expect(await offsets(`events_between(${span(0, 200)})`)).toEqual([1, 3, 4, 5]);
    // 0 and 2 repeat 1; 3 came 72.01 h after 2.
    expect(await offsets(`events_between(${span(40, 80)})`)).toEqual([]);
    expect(await offsets(`events_between(${span(73, 200)})`)).toEqual([3]);
    expect(await offsets(`events_between(${span(72, 80)})`, 'edge')).toEqual([]);
    expect(await offsets(`events_between(${span(72, 80)})`, 'past the edge')).toEqual([10]);
  });
});
