/** Every query of docs/bigquery.md, with what it has to answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/event/fields.js';
import { type BigquerySettings, openSql } from '../../../src/warehouse/bigquery/open.js';
import { pathOf } from '../../../src/warehouse/bigquery/settings.js';
import { type LocalBigquery, startBigquery } from '../../helpers/bigquery-sql.js';
import { ROOT } from '../../helpers/cli.js';
import { describeWith } from '../../helpers/needs.js';
import { row } from '../../warehouse/rows.js';
import { plant, settingsOf } from './support.js';

const PAGE = readFileSync(join(ROOT, 'docs', 'bigquery.md'), 'utf8');
/** The queries by their headings. */
const QUERIES = new Map(
  [...PAGE.matchAll(/^### (.+)\n[^#]*?```sql\n([^`]+)```/gm)].map(([, title = '', sql = '']) => [title, sql]),
);

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
const visit = (client: string, minutes: number, name: string, more: Partial<EventRecord> = {}) => ({
  ...{ source_id: 'shop', user_pseudo_id: client, session_id: 7, event_name: name },
  ...{ received_at: ago(minutes), event_timestamp: ago(minutes), collection_mode: 'full', ...more },
});
const sale = {
  value: '10.25',
  currency: 'BRL',
  transaction_id: 'T1',
  page_location: 'https://shop.example/ok',
};
const granted = { consent: { analytics_storage: 'granted', ad_storage: 'denied' } };
const EVENTS: readonly Partial<EventRecord>[] = [
  visit('1.1', 60, 'page_view', { utm_source: 'news', ...granted }),
  visit('1.1', 59, 'view_item', granted),
  visit('1.1', 58, 'add_to_cart', granted),
  visit('1.1', 57, 'purchase', { ...sale, ...granted }),
  visit('1.1', 56, 'purchase', { ...sale, ...granted }),
  visit('2.2', 50, 'page_view'),
  visit('2.2', 49, 'view_item'),
  visit('3.3', 40, 'view_item', { is_bot: true }),
  visit('4.4', 60 * 24 * 40, 'view_item'),
];
const day = (minutes: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo' }).format(Date.now() - minutes * 60_000);

describeWith('bigquery', 'the queries of docs/bigquery.md', () => {
  let bigquery: LocalBigquery;
  let settings: BigquerySettings;
  beforeAll(async () => {
    bigquery = await startBigquery();
    settings = settingsOf(bigquery.endpoint);
    const { setup, queries } = openSql(settings);
    await setup.apply(await setup.plan());
    await plant(
      settings,
      EVENTS.map((event, offset) => row(offset, event)),
    );
    await queries.change(
      `INSERT INTO ${pathOf(settings, 'events_rejected')} (received_at, reason, pointer, kafka_topic, kafka_partition, kafka_offset)
       VALUES (TIMESTAMP '${ago(5)}', 'field_type', '/name', 'realtime', 0, 90)`,
    );
  });
  afterAll(() => bigquery?.close());

  const ANSWERS: Readonly<Record<string, () => unknown>> = {
    Funnel: () => [{ visitors: 2, viewed: 2, added: 1, bought: 1 }],
    Sessions: () =>
      day(60) === day(50)
        ? [{ day: day(60), sessions: 2, pages: 1, with_purchase: 1 }]
        : [expect.objectContaining({ with_purchase: 1 }), expect.objectContaining({ with_purchase: 0 })],
    'Revenue by source': () => [{ source: 'news', currency: 'BRL', revenue: '10.25', orders: 1 }],
    Consent: () => [
      { analytics: 'granted', ads: 'denied', mode: 'full', events: 5 },
      { analytics: 'unset', ads: 'unset', mode: 'full', events: 3 },
    ],
    'A query written for the export of GA4': () =>
      Array(2).fill(expect.objectContaining({ event_name: 'purchase', page: 'https://shop.example/ok' })),
    'What was rejected, and why': () => [
      expect.objectContaining({ reason: 'field_type', pointer: '/name', events: 1 }),
    ],
  };

  it('are these', () => {
    expect([...QUERIES.keys()]).toEqual(Object.keys(ANSWERS));
  });
  it.each(Object.keys(ANSWERS))('%s', async (title) => {
    const { rows } = await openSql(settings).query(QUERIES.get(title) ?? '');
    expect(rows).toEqual(ANSWERS[title]?.());
  });
});
