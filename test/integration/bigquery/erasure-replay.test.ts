/** `forget` and `replay` in BigQuery's SQL. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remainsOf } from '../../../src/warehouse/bigquery/erasure.js';
import { openSql } from '../../../src/warehouse/bigquery/open.js';
import { pathOf } from '../../../src/warehouse/bigquery/settings.js';
import { type LocalBigquery, PROJECT, startBigquery } from '../../helpers/bigquery-sql.js';
import { stargate } from '../../helpers/cli.js';
import { describeWith } from '../../helpers/needs.js';
import { row } from '../../warehouse/rows.js';
import { plant, settingsOf } from './support.js';

const ID = '1234567890.1700000000';

describeWith('bigquery', 'forget in BigQuery', () => {
  let bigquery: LocalBigquery;
  beforeAll(async () => {
    bigquery = await startBigquery();
  });
  afterAll(() => bigquery?.close());

  it('deletes events and rejected events of the person, and nothing else', async () => {
    const settings = settingsOf(bigquery.endpoint);
    const { setup, queries, query } = openSql(settings);
    await setup.apply(await setup.plan());
    await plant(settings, [
      row(0, { user_pseudo_id: ID }),
      row(1, { clientId: ID }),
      row(2, { user_pseudo_id: '9.9', data_layer: { friend: ID } }),
      row(3, { user_pseudo_id: `${ID}1`, user_id: 'other' }),
      row(4, {}),
      row(7, { user_id: '42' }),
      row(8, { user_id: '142', data_layer: { n: 42 } }),
    ]);
    const raw = (offset: number, text: string) =>
      `(CURRENT_TIMESTAMP(), 'field_type', '${text}', 'realtime', 0, ${offset})`;
    await queries.change(
      `INSERT INTO ${pathOf(settings, 'events_rejected')} (received_at, reason, raw, kafka_topic, kafka_partition, kafka_offset)
       VALUES ${raw(5, `{"cid":"${ID}"}`)}, ${raw(6, '{}')}`,
    );
    const forget = (...args: string[]) => person('--client-id', ID, ...args);
    const person = (...args: string[]) =>
      stargate(['forget', ...args], {
        env: {
          STARGATE_WAREHOUSE: `bigquery://${PROJECT}/${settings.dataset}.events`,
          STARGATE_BIGQUERY_ENDPOINT: bigquery.endpoint,
        },
      });
    const dry = await forget('--dry-run', '--json');
    expect(dry.status, dry.stderr).toBe(0);
    expect(JSON.parse(dry.stdout)).toMatchObject({ erased: false, warehouse: { events: 3, rejected: 1 } });
    const done = await forget('--confirm', ID);
    expect(done.status, done.stderr).toBe(0);
    expect(done.stdout).toContain('Deleted: 3 events, 1 rejected event');
    expect(done.stdout).toMatch(/Time travel shows the deleted rows until \d{4}-.* it is set to 168 hours/);
    const left = "SELECT kafka_offset AS o FROM events WHERE received_at > TIMESTAMP '2020-01-01' ORDER BY 1";
    expect((await query(left)).rows).toEqual([3, 4, 7, 8].map((o) => ({ o })));
    // Too short an id to be looked for in texts.
    const short = await person('--user-id', '42', '--confirm', '42');
    expect(short.stdout).toContain('Deleted: 1 event, 0 rejected events');
    expect((await query(left)).rows).toEqual([3, 4, 8].map((o) => ({ o })));
    expect((await query('SELECT kafka_offset AS o FROM events_rejected')).rows).toEqual([{ o: 6 }]);
  });

  it('says until when deleted rows can be had back', () => {
    const lines = remainsOf(48, Date.UTC(2026, 0, 1, 12), { project: 'p', dataset: 'd' });
    expect(lines[0]).toContain('until 2026-01-03 12:00 UTC: it is set to 48 hours');
    expect(lines[1]).toContain('until 2026-01-10 12:00 UTC');
  });
});

describeWith('bigquery', 'replay from BigQuery', () => {
  it("takes rejected rows into the log again where today's rules accept them", async () => {
    const bigquery = await startBigquery();
    const folder = mkdtempSync(join(tmpdir(), 'stargate-replay-'));
    try {
      const settings = settingsOf(bigquery.endpoint);
      const { setup, queries } = openSql(settings);
      await setup.apply(await setup.plan());
      const raw = (offset: number, text: string) =>
        `(TIMESTAMP '2026-03-01 12:00:00+00', 'record_invalid', 'shop', '${text}', 'realtime', 0, ${offset})`;
      await queries.change(
        `INSERT INTO ${pathOf(settings, 'events_rejected')} (received_at, reason, source_id, raw, kafka_topic, kafka_partition, kafka_offset)
         VALUES ${raw(1, '{"name":"view"}')}, ${raw(2, '{"name":7}')}, ${raw(3, '{"name":"sale"}')}`,
      );
      const env = {
        STARGATE_WAREHOUSE: `bigquery://${PROJECT}/${settings.dataset}.events`,
        STARGATE_BIGQUERY_ENDPOINT: bigquery.endpoint,
      };
      const run = await stargate(['replay', '--event', 'sale', '--yes', '--json'], { cwd: folder, env });
      expect(run.status, run.stderr).toBe(0);
      expect(JSON.parse(run.stdout)).toEqual({
        sent: true,
        read: 3,
        accepted: 1,
        refused: { field_type: 1 },
      });
      const log = join(folder, '.stargate', 'log');
      const files = readdirSync(log, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.log'),
      );
      const text = files.map((name) => readFileSync(join(log, name), 'utf8')).join('');
      expect(text).toContain('"event_id":"rejected-realtime-0-3"');
      expect(text).not.toContain('"event_name":"view"');
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await bigquery.close();
    }
  });
});
