/** `forget` in BigQuery's SQL. */
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
    ]);
    const raw = (offset: number, text: string) =>
      `(CURRENT_TIMESTAMP(), 'field_type', '${text}', 'realtime', 0, ${offset})`;
    await queries.change(
      `INSERT INTO ${pathOf(settings, 'events_rejected')} (received_at, reason, raw, kafka_topic, kafka_partition, kafka_offset)
       VALUES ${raw(5, `{"cid":"${ID}"}`)}, ${raw(6, '{}')}`,
    );
    const forget = (...args: string[]) =>
      stargate(['forget', '--client-id', ID, ...args], {
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
    expect((await query(left)).rows).toEqual([{ o: 3 }, { o: 4 }]);
    expect((await query('SELECT kafka_offset AS o FROM events_rejected')).rows).toEqual([{ o: 6 }]);
  });

  it('says until when deleted rows can be had back', () => {
    const lines = remainsOf(48, Date.UTC(2026, 0, 1, 12), { project: 'p', dataset: 'd' });
    expect(lines[0]).toContain('until 2026-01-03 12:00 UTC: it is set to 48 hours');
    expect(lines[1]).toContain('until 2026-01-10 12:00 UTC');
  });
});
