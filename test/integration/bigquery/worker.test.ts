/** `stargate setup`, `worker` and `query` with BigQuery, as a person would run them, against an engine of others. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLog } from '../../../src/log/open.js';
import { type LocalBigquery, PROJECT, startBigquery } from '../../helpers/bigquery-sql.js';
import { stargate } from '../../helpers/cli.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { endAll, start } from '../../helpers/running.js';
import { row } from '../../warehouse/rows.js';

const ROWS = 300;

describeWith('bigquery', 'stargate worker on BigQuery', () => {
  let engine: LocalBigquery;
  let data: string;
  beforeAll(async () => {
    engine = await startBigquery();
    data = await mkdtemp(join(tmpdir(), 'stargate-bq-worker-'));
  });
  afterAll(async () => {
    await endAll();
    await engine?.close();
    await rm(data, { recursive: true, force: true });
  });

  it('stores every record of the log once, through kills, readable by query', {
    timeout: 240_000,
  }, async () => {
    const log = `embedded:${join(data, 'log')}`;
    const where = [
      ...['--warehouse', `bigquery://${PROJECT}/shop.events`, '--bigquery-endpoint', engine.endpoint],
    ];
    const set = await stargate(['setup', '--log', log, ...where, '--yes']);
    expect(set.stderr + set.stdout).toMatch(/events/);
    const written = await openLog(log, { role: 'append', groups: ['stargate'] });
    const received_at = new Date().toISOString();
    const value = (offset: number) =>
      row(offset, {
        ...{ received_at, event_timestamp: received_at, event_date: received_at.slice(0, 10) },
        ...{ value: '129.90', session_id: 4 * 10 ** 9, is_bot: offset % 2 === 0, page_title: 'Café ☕' },
        items: [{ item_id: `sku-${offset}`, price: '1.5', quantity: -3 }],
        data_layer: { event: 'purchase', nested: { list: [1, 'dois', null] } },
        truncated: ['/a', '/b'],
      }).value;
    for (let at = 0; at < ROWS; at += 10)
      await written.append(
        Array.from({ length: 10 }, (_, i) => ({ key: null, value: value(at + i), timestamp: Date.now() })),
      ).final;
    await written.close();
    const storage = ['--bigquery-storage-endpoint', `http://127.0.0.1:${engine.grpcPort}`];
    const worker = () => start(['worker', '--admin-port', '0', '--log', log, ...where, ...storage]);
    const first = await worker();
    await new Promise((resolve) => setTimeout(resolve, 400));
    await first.kill();
    await worker();
    const ask = async (select: string) => {
      const sql = `SELECT ${select} FROM \`shop.events\` WHERE received_at IS NOT NULL`;
      const answer = await stargate(['query', sql, ...where, '--format', 'json']);
      return (JSON.parse(answer.stdout || '{"rows":[]}').rows as Record<string, unknown>[])[0] ?? {};
    };
    await until('all rows', async () => Number((await ask('COUNT(*) AS n')).n) >= ROWS, 120_000);
    expect(await ask('COUNT(*) AS n, COUNT(DISTINCT event_id) AS ids, MAX(kafka_offset) AS last')).toEqual({
      ...{ n: ROWS, ids: ROWS, last: ROWS - 1 },
    });
    const sums =
      'SUM(value) AS value, MIN(session_id) AS session, COUNTIF(is_bot) AS bots, ANY_VALUE(page_title) AS title, ' +
      "SUM(items[OFFSET(0)].quantity) AS quantity, ANY_VALUE(JSON_VALUE(data_layer, '$.nested.list[1]')) AS second, " +
      'SUM(ARRAY_LENGTH(truncated)) AS cut, MAX(event_date) AS day, MAX(received_at) AS received';
    expect(await ask(sums)).toEqual({
      ...{ value: '38970', session: 4 * 10 ** 9, bots: ROWS / 2, title: 'Café ☕', quantity: -3 * ROWS },
      ...{ second: 'dois', cut: 2 * ROWS, day: received_at.slice(0, 10), received: received_at },
    });
  });
});
