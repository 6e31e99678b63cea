/** Every query of docs/bigquery.md and those of the readmes for BigQuery, with what they have to answer. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/event/fields.js';
import { type BigquerySettings, openSql } from '../../../src/warehouse/bigquery/open.js';
import { pathOf } from '../../../src/warehouse/bigquery/settings.js';
import { type LocalBigquery, startBigquery } from '../../helpers/bigquery-sql.js';
import { BIN, ensureBuilt, ROOT } from '../../helpers/cli.js';
import { describeWith } from '../../helpers/needs.js';
import { row } from '../../warehouse/rows.js';
import { plant, settingsOf } from './support.js';

const run = promisify(execFile);
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

/** The commands of a readme that ask BigQuery, as a shell reads them. */
const inReadme = (name: string): string[] =>
  readFileSync(join(ROOT, name), 'utf8')
    .split('\n')
    .filter((line) => /^stargate query .*--warehouse \$WAREHOUSE/.test(line));

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

  it.each(['README.md', 'README.pt.md'])('and that of %s, pasted into a shell', async (readme) => {
    const lines = inReadme(readme);
    expect(lines).toHaveLength(1);
    await ensureBuilt();
    const shim = `stargate() { "${process.execPath}" "${BIN}" "$@"; }\n`;
    const env = {
      ...{ PATH: process.env.PATH ?? '', STARGATE_BIGQUERY_ENDPOINT: bigquery.endpoint },
      WAREHOUSE: `bigquery://${settings.project}/${settings.dataset}.events`,
    };
    const { stdout } = await run('sh', ['-c', `${shim}${lines[0]} --json`], { env });
    const { rows } = JSON.parse(stdout) as { rows: { event_name: string; n: number }[] };
    // Those of an hour ago, less a minute for each step since, may have left the span.
    const younger = (minutes: number, name: string) =>
      EVENTS.filter(
        ({ event_name, received_at = '' }) =>
          event_name === name && Date.now() - Date.parse(received_at) < minutes * 60_000,
      ).length;
    expect(rows.map(({ event_name }) => event_name)).toEqual(
      expect.arrayContaining(['page_view', 'view_item']),
    );
    for (const { event_name, n } of rows) {
      expect(n, event_name).toBeGreaterThanOrEqual(younger(55, event_name));
      expect(n, event_name).toBeLessThanOrEqual(younger(75, event_name));
    }
  });
});
