/** Tables and views in a real SQL engine that speaks BigQuery. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FIELDS } from '../../../src/event/fields.js';
import { openClient } from '../../../src/warehouse/bigquery/client-sql.js';
import { type BigquerySettings, openSql } from '../../../src/warehouse/bigquery/open.js';
import { pathOf } from '../../../src/warehouse/bigquery/settings.js';
import { type LocalBigquery, startBigquery } from '../../helpers/bigquery-sql.js';
import { describeWith } from '../../helpers/needs.js';
import { row } from '../../warehouse/rows.js';
import { plant, settingsOf } from './support.js';

const VIEWS = ['events_deduped', 'events_ga4', 'events_v2_compat', 'sessions'];
const DAY_MS = 86_400_000;

describeWith('bigquery', 'setup of BigQuery', () => {
  let bigquery: LocalBigquery;
  beforeAll(async () => {
    bigquery = await startBigquery();
  });
  afterAll(() => bigquery?.close());

  const metadataOf = async (settings: BigquerySettings, table: string) => {
    const dataset = openClient(settings).dataset(settings.dataset);
    return (await dataset.table(table).getMetadata())[0];
  };
  const titles = async (settings: BigquerySettings): Promise<string[]> =>
    (await openSql(settings).setup.plan()).steps.map(({ title }) => title);
  const apply = async (settings: BigquerySettings): Promise<void> => {
    const { setup } = openSql(settings);
    await setup.apply(await setup.plan());
  };

  it('makes dataset, tables and views, and then finds nothing to do', async () => {
    const settings = settingsOf(bigquery.endpoint, { location: 'southamerica-east1', table: 'realtime' });
    const { setup } = openSql(settings);
    const plan = await setup.plan();
    expect(plan.steps.map(({ title }) => title.replace(/:.*/, ''))).toEqual([
      `create dataset acme-demo.${settings.dataset} in southamerica-east1`,
      'create table realtime',
      'create table events_rejected',
      'create table stargate_positions',
      'create table function events_between',
      'create view events_deduped',
      'create view events_ga4',
      'create table function events_ga4_between',
      'create view events_v2_compat',
      'create view sessions',
      'create table function sessions_between',
    ]);
    expect(await setup.plan(), 'planning changes nothing').toEqual(plan);
    await setup.apply(plan);
    expect(await setup.plan()).toEqual({ steps: [], notes: [] });

    const [dataset] = await openClient(settings).dataset(settings.dataset).getMetadata();
    expect(dataset).toMatchObject({ location: 'southamerica-east1', labels: { app: 'stargate' } });
    expect(await metadataOf(settings, 'realtime')).toMatchObject({
      labels: { app: 'stargate' },
      timePartitioning: { type: 'DAY', field: 'received_at', expirationMs: String(395 * DAY_MS) },
      requirePartitionFilter: true,
      clustering: { fields: ['event_name', 'user_pseudo_id'] },
      schema: {
        fields: FIELDS.map(({ name, doc, mode }) =>
          expect.objectContaining({ name, description: doc, mode: mode ?? 'NULLABLE' }),
        ),
      },
    });
    expect(await metadataOf(settings, 'events_rejected')).toMatchObject({
      timePartitioning: { field: 'received_at', expirationMs: String(30 * DAY_MS) },
    });
  });

  it('has a table that wants a filter, and views that can be asked without one', async () => {
    const settings = settingsOf(bigquery.endpoint);
    await apply(settings);
    await plant(settings, [row(0, { user_pseudo_id: '1.2', session_id: 7 })]);
    const { query } = openSql(settings);
    await expect(query('SELECT COUNT(*) AS n FROM events')).rejects.toMatchObject({
      code: 'STG_QUERY_FAILED',
      got: expect.stringContaining("without a filter over column(s) 'received_at'"),
      next: expect.stringContaining('events_between('),
    });
    const span = "(TIMESTAMP '2026-03-01', TIMESTAMP '2026-03-02')";
    const places = [
      ...VIEWS,
      `events_between${span}`,
      `events_ga4_between${span}`,
      `sessions_between${span}`,
    ];
    for (const from of places)
      expect([from, (await query(`SELECT COUNT(*) AS n FROM ${from}`)).rows]).toEqual([from, [{ n: 1 }]]);
    const later = "(TIMESTAMP '2026-03-02', TIMESTAMP '2026-03-03')";
    expect((await query(`SELECT * FROM events_between${later}`)).rows).toEqual([]);
  });

  it('adds the columns that an older version did not have, and makes the views anew', async () => {
    const settings = settingsOf(bigquery.endpoint);
    await apply(settings);
    await plant(settings, [row(0)]);
    const { queries, query } = openSql(settings);
    for (const view of VIEWS) await queries.change(`DROP VIEW ${pathOf(settings, view)}`);
    for (const column of ['ip_truncated', 'bot_reasons'])
      await queries.change(`ALTER TABLE ${pathOf(settings, 'events')} DROP COLUMN ${column}`);
    expect(await titles(settings)).toEqual([
      'add columns ip_truncated, bot_reasons to table events',
      ...VIEWS.map((view) => `create view ${view}`),
    ]);
    await apply(settings);
    expect(await titles(settings)).toEqual([]);
    await plant(settings, [row(1, { ip_truncated: '203.0.113.0', bot_reasons: ['isbot'] })]);
    const { rows } = await query(
      'SELECT ip_truncated AS ip, bot_reasons AS why FROM events_deduped ORDER BY kafka_offset',
    );
    expect(rows).toEqual([
      { ip: null, why: [] },
      { ip: '203.0.113.0', why: ['isbot'] },
    ]);
  });

  it('replaces a view whose text is another', async () => {
    const settings = settingsOf(bigquery.endpoint);
    await apply(settings);
    const { queries, query } = openSql(settings);
    await queries.change(
      `CREATE OR REPLACE VIEW ${pathOf(settings, 'events_v2_compat')} OPTIONS (description = 'Mine.') AS SELECT 1 AS one`,
    );
    expect(await titles(settings)).toEqual(['replace view events_v2_compat']);
    await apply(settings);
    expect((await query('SELECT * FROM events_v2_compat')).columns[0]?.name).toBe('hitType');
    expect(await titles(settings)).toEqual([]);
  });

  it('keeps partitions longer where told, and never shorter', async () => {
    const settings = settingsOf(bigquery.endpoint, { retentionDays: 100 });
    await apply(settings);
    expect(await titles({ ...settings, retentionDays: 200 })).toEqual([
      'keep partitions of table events for 200 days: 100 → 200',
    ]);
    await apply({ ...settings, retentionDays: 200 });
    expect((await metadataOf(settings, 'events')).timePartitioning.expirationMs).toBe(String(200 * DAY_MS));
    const { steps, notes } = await openSql(settings).setup.plan();
    expect({ steps, notes }).toEqual({
      steps: [],
      notes: [expect.stringMatching(/for 200 days, not 100 days: shortening that deletes rows/)],
    });
  });

  it('leaves a table of Stargate 2.0 alone, proposes a name beside it, and shows the rows of both', async () => {
    const settings = settingsOf(bigquery.endpoint, { table: 'realtime' });
    const { queries } = openSql(settings);
    await openClient(settings).createDataset(settings.dataset);
    const old = pathOf(settings, 'realtime');
    const ten =
      'hitType page clientId eventCategory eventAction eventLabel utmSource utmMedium utmCampaign timestampGTM';
    await queries.change(
      `CREATE TABLE ${old} (${ten.split(' ').map((name) => `${name} STRING`)}, key BYTES, topic STRING, \`partition\` INT64, \`offset\` INT64, timestamp TIMESTAMP)`,
    );
    await queries.change(
      `INSERT INTO ${old} (hitType, clientId, key, topic, \`offset\`) VALUES ('event', '1.2', b'k1', 'realtime', 5)`,
    );
    await expect(openSql(settings).setup.plan()).rejects.toMatchObject({
      code: 'STG_WAREHOUSE_SCHEMA',
      got: 'the table of Stargate 2.0, which has no partitions',
      next: expect.stringContaining(`bigquery://acme-demo/${settings.dataset}.events`),
    });
    const beside = { ...settings, table: 'events' };
    expect((await openSql(beside).setup.plan()).notes).toEqual([
      'Table realtime of Stargate 2.0 stays as it is; events_v2_compat shows its rows too.',
    ]);
    await apply(beside);
    expect(await titles(beside)).toEqual([]);
    await plant(beside, [row(0, { hitType: 'pageview', clientId: '3.4' })]);
    const { rows } = await openSql(beside).query(
      'SELECT hitType, clientId, key, `offset` FROM events_v2_compat ORDER BY hitType',
    );
    expect(rows).toEqual([
      { hitType: 'event', clientId: '1.2', key: 'k1', offset: 5 },
      { hitType: 'pageview', clientId: '3.4', key: null, offset: 0 },
    ]);
  });

  it('says so where nobody answers', async () => {
    const { setup } = openSql(settingsOf('http://127.0.0.1:9'));
    await expect(setup.plan()).rejects.toMatchObject({ code: 'STG_WAREHOUSE_UNREACHABLE' });
  });
});
