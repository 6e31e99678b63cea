/** `doctor` and BigQuery: an SQL engine of others, and the write server. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/doctor/port.js';
import { openClient } from '../../../src/warehouse/bigquery/client-sql.js';
import { type BigquerySettings, openSql } from '../../../src/warehouse/bigquery/open.js';
import { pathOf } from '../../../src/warehouse/bigquery/settings.js';
import { startWriteServer, type WriteServer } from '../../helpers/bigquery/index.js';
import { type LocalBigquery, startBigquery } from '../../helpers/bigquery-sql.js';
import { stargate } from '../../helpers/cli.js';
import { describeWith } from '../../helpers/needs.js';
import { settingsOf } from './support.js';

async function doctor(settings: BigquerySettings, more: readonly string[] = []) {
  const url = `bigquery://${settings.project}/${settings.dataset}.${settings.table}`;
  const flags = ['--warehouse', url, '--bigquery-endpoint', settings.endpoint ?? '', ...more];
  const { status, stdout } = await stargate(['doctor', 'bigquery', ...flags, '--json']);
  const found = JSON.parse(stdout) as Finding[];
  const of = (code: string, table = '') =>
    found.find((finding) => finding.code === code && finding.detail.startsWith(table));
  return { status, found, of, flags };
}

/** The engine grants everything: a proxy before it takes one right out of its answers. */
async function grantingLess(endpoint: string, right: string): Promise<{ url: string; close(): void }> {
  const server = createServer(async (asked, answer) => {
    const body = await readAll(asked);
    const { method = 'GET', headers } = asked;
    const passed = { method, headers: { 'content-type': headers['content-type'] ?? 'application/json' } };
    const got = await fetch(endpoint + asked.url, { ...passed, ...(body && { body }) });
    const text = await got.text();
    const isRights = asked.url?.includes('testIamPermissions');
    answer.writeHead(got.status, { 'content-type': 'application/json' });
    answer.end(
      isRights
        ? text.replace(new RegExp(`"${right.replaceAll('.', '\\.')}",?`), '').replace(/,\s*\]/, ']')
        : text,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

describeWith('bigquery', 'doctor and BigQuery', () => {
  let bigquery: LocalBigquery;
  beforeAll(async () => {
    bigquery = await startBigquery();
  });
  afterAll(() => bigquery?.close());
  const storage = () => ['--bigquery-storage-endpoint', `http://127.0.0.1:${bigquery.grpcPort}`];
  const apply = async (settings: BigquerySettings): Promise<void> => {
    const { setup } = openSql(settings);
    await setup.apply(await setup.plan());
  };

  it('finds a missing dataset, and what makes it; nothing of it counts as looked at', async () => {
    const settings = settingsOf(bigquery.endpoint);
    const { status, of, flags } = await doctor(settings, storage());
    expect(status).toBe(3);
    expect(of('STG_WAREHOUSE')).toMatchObject({
      ...{ state: 'failed', detail: `there is no dataset ${settings.project}.${settings.dataset}` },
      fix: `stargate setup ${flags.slice(0, 4).join(' ')}`,
    });
    for (const code of ['STG_TABLE_SCHEMA', 'STG_TABLE_LAYOUT', 'STG_VIEWS', 'STG_WRITE_PERMISSION'])
      expect(of(code), code).toMatchObject({ state: 'unknown' });
    expect(of('STG_CREDENTIALS')).toMatchObject({ state: 'ok' });
    const [exists] = await openClient(settings).dataset(settings.dataset).exists();
    expect(exists, 'nothing is made').toBe(false);
  });

  it('finds what setup makes sound', async () => {
    const settings = settingsOf(bigquery.endpoint);
    await apply(settings);
    const { found, of } = await doctor(settings, storage());
    expect(found.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(of('STG_TABLE_SCHEMA', 'events')?.detail).toMatch(/^events: \d+ columns$/);
  });

  it('finds a right that is missing', async () => {
    const settings = settingsOf(bigquery.endpoint);
    await apply(settings);
    const proxy = await grantingLess(bigquery.endpoint, 'bigquery.tables.updateData');
    try {
      const { status, of } = await doctor({ ...settings, endpoint: proxy.url }, storage());
      expect(status).toBe(3);
      expect(of('STG_WRITE_PERMISSION')).toMatchObject({
        ...{ state: 'failed', detail: 'table events: not allowed: bigquery.tables.updateData' },
        fix: expect.stringContaining('roles/bigquery.dataEditor'),
      });
    } finally {
      proxy.close();
    }
  });

  it('finds a missing column and a view of another version, as setup does', async () => {
    const settings = settingsOf(bigquery.endpoint);
    await apply(settings);
    const { queries } = openSql(settings);
    for (const view of ['events_deduped', 'events_ga4', 'events_v2_compat', 'sessions'])
      await queries.change(`DROP VIEW ${pathOf(settings, view)}`);
    await queries.change(`ALTER TABLE ${pathOf(settings, 'events')} DROP COLUMN ip_truncated`);
    const { status, of } = await doctor(settings, storage());
    expect(status).toBe(3);
    expect(of('STG_TABLE_SCHEMA', 'events:')).toMatchObject({
      ...{ state: 'failed', detail: 'events: add column ip_truncated to table events' },
    });
    expect(of('STG_VIEWS')).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('create view sessions'),
    });
  });

  it('finds the table of Stargate 2.0, without partitions', async () => {
    const settings = settingsOf(bigquery.endpoint, { table: 'realtime' });
    await openClient(settings).createDataset(settings.dataset);
    const ten =
      'hitType page clientId eventCategory eventAction eventLabel utmSource utmMedium utmCampaign timestampGTM';
    await openSql(settings).queries.change(
      `CREATE TABLE ${pathOf(settings, 'realtime')} (${ten.split(' ').map((name) => `${name} STRING`)}, key BYTES, topic STRING, \`partition\` INT64, \`offset\` INT64, timestamp TIMESTAMP)`,
    );
    const { status, of } = await doctor(settings, storage());
    expect(status).toBe(3);
    expect(of('STG_TABLE_LAYOUT', 'realtime')).toMatchObject({
      ...{
        state: 'failed',
        detail: expect.stringContaining('the table of Stargate 2.0, which has no partitions'),
      },
      fix: expect.stringContaining(`bigquery://${settings.project}/${settings.dataset}.events`),
    });
  });

  it('finds rows that are kept for less than configured', async () => {
    const settings = settingsOf(bigquery.endpoint, { retentionDays: 100 });
    await apply(settings);
    const { status, of } = await doctor(settings, [...storage(), '--retention-days', '200']);
    expect(status).toBe(0);
    expect(of('STG_TABLE_EXPIRY', 'events:')).toMatchObject({
      ...{ state: 'warning', detail: 'events: 100 days, expected 200 days' },
    });
  });
});

describe('doctor and the Storage Write API', () => {
  let server: WriteServer;
  beforeAll(async () => {
    server = await startWriteServer();
  });
  afterAll(() => server?.close());
  const away = settingsOf('http://127.0.0.1:9');
  const named = { ...away, project: 'project-1', dataset: 'stargate_v2' };
  const look = (table: string, endpoint: string) =>
    doctor({ ...named, table }, ['--bigquery-storage-endpoint', endpoint]);

  it('is asked for a stream that is there, and none is made', async () => {
    const { of } = await look('realtime', server.endpoint);
    expect(of('STG_WRITE_API')).toMatchObject({ state: 'ok', detail: `127.0.0.1:${server.port} answers` });
    expect(server.counts).toMatchObject({ creates: 0, appends: 0 });
    // Nobody answers by SQL.
    expect(of('STG_WAREHOUSE')).toMatchObject({ state: 'failed' });
    expect(of('STG_VIEWS')).toMatchObject({ state: 'unknown' });
  });

  it('tells a table that is not there from a service that is not', async () => {
    const { status, of } = await look('nowhere', server.endpoint);
    expect(status).toBe(3);
    expect(of('STG_WRITE_API')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('knows no table nowhere'),
    });
    const gone = await look('realtime', 'http://127.0.0.1:9');
    expect(gone.of('STG_WRITE_API')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('does not answer'),
    });
  });
});
