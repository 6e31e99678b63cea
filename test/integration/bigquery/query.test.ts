/** Queries through Google's client, and what Google's own tool says of the same tables. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tailRows } from '../../../src/commands/_tail.js';
import { type BigquerySettings, openQueries, openSql } from '../../../src/warehouse/bigquery/open.js';
import { pathOf } from '../../../src/warehouse/bigquery/settings.js';
import { type LocalBigquery, PROJECT, startBigquery } from '../../helpers/bigquery-sql.js';
import { ensureBuilt, stargate, start } from '../../helpers/cli.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { KEY, rejected, row, rows } from '../../warehouse/rows.js';
import { slow } from './door.js';
import { expensive } from './expensive.js';
import { plant, settingsOf } from './support.js';

describeWith('bigquery', 'queries of BigQuery', () => {
  let bigquery: LocalBigquery;
  let settings: BigquerySettings;
  beforeAll(async () => {
    bigquery = await startBigquery();
    settings = settingsOf(bigquery.endpoint);
    const { setup } = openSql(settings);
    await setup.apply(await setup.plan());
    await plant(settings, [row(0, { event_name: '=1+1', value: '1.5' }), ...rows(1, 2)]);
  });
  afterAll(() => bigquery?.close());
  const env = () => ({
    STARGATE_WAREHOUSE: `bigquery://${PROJECT}/${settings.dataset}.events`,
    STARGATE_BIGQUERY_ENDPOINT: bigquery.endpoint,
  });

  it('give every type in its JSON form', async () => {
    const { rows: found, columns } = await openSql(settings).query(`SELECT
      TIMESTAMP '2026-01-02 03:04:05.678+00' AS ms, TIMESTAMP '2026-01-02 03:04:05.678901+00' AS micros,
      DATE '2026-01-02' AS day, NUMERIC '12345678901234567890.123456789' AS money, 9007199254740993 AS big, 7 AS small,
      1.5 AS ratio, TRUE AS yes, CAST(NULL AS STRING) AS nothing, JSON '{"a":[1]}' AS json, b'ab' AS bytes,
      [1, 2] AS list, STRUCT('x' AS value, [STRUCT(1 AS a)] AS inner_list) AS record, 'NaN' AS text`);
    expect(columns.map(({ name }) => name).slice(0, 3)).toEqual(['ms', 'micros', 'day']);
    expect(found).toEqual([
      {
        ...{ ms: '2026-01-02T03:04:05.678Z', micros: '2026-01-02T03:04:05.678901Z', day: '2026-01-02' },
        ...{
          money: '12345678901234567890.123456789',
          big: '9007199254740993',
          small: 7,
          ratio: 1.5,
          yes: true,
        },
        ...{ nothing: null, json: '{"a":[1]}', bytes: 'YWI=', list: [1, 2], text: 'NaN' },
        record: { value: 'x', inner_list: [{ a: 1 }] },
      },
    ]);
  });

  it('are cut at the limit of rows, page by page', async () => {
    const numbers = 'SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25000)) AS n ORDER BY n';
    const cut = await openSql(settings).query(numbers, { maxRows: 12_345 });
    expect([cut.rows.length, cut.rows.at(-1), cut.truncated]).toEqual([12_345, { n: 12_345 }, true]);
    const all = await openSql(settings).query(numbers, { maxRows: 25_000 });
    expect([all.rows.length, all.truncated]).toEqual([25_000, false]);
    const wide = `SELECT REPEAT('x', 1000000) AS x FROM UNNEST(GENERATE_ARRAY(1, 50))`;
    const most = await openSql(settings).query(wide);
    expect([most.rows.length, most.truncated]).toEqual([34, true]);
  });

  it.each([
    ['DELETE FROM events WHERE TRUE', 'DELETE'],
    ['CREATE TABLE other AS SELECT 1 AS one', 'CREATE_TABLE_AS_SELECT'],
    ['SELECT 1; SELECT 2', 'SCRIPT'],
  ])('that do more than read are refused: %s', async (sql, type) => {
    await expect(openSql(settings).query(sql)).rejects.toMatchObject({
      code: 'STG_QUERY_REFUSED',
      got: `a statement of type ${type}`,
    });
  });

  it('that are wrong say what BigQuery says', async () => {
    const { query } = openSql(settings);
    await expect(query('SELECT nothing FROM')).rejects.toMatchObject({ code: 'STG_QUERY_FAILED' });
    await expect(query('SELECT * FROM nowhere')).rejects.toMatchObject({
      code: 'STG_QUERY_FAILED',
      got: expect.stringContaining('nowhere'),
    });
  });

  it('are waited for when they take longer than BigQuery holds an answer back', async () => {
    const patient = await slow(bigquery.endpoint, 2);
    try {
      const { query, lastPosition, queries } = openSql({ ...settings, endpoint: patient.endpoint });
      expect(await query('SELECT 1 AS one')).toMatchObject({ rows: [{ one: 1 }], truncated: false });
      // "No row is known" would have the worker store everything once more.
      expect(await lastPosition(KEY)).toBe(2);
      const place = `${pathOf(settings, 'stargate_positions')} (log, topic, \`partition\`, updated_at)`;
      await queries.change(`INSERT INTO ${place} VALUES ('slow', 'slow', 0, CURRENT_TIMESTAMP())`);
      expect(patient.left()).toBe(0);
    } finally {
      await patient.close();
    }
  });

  it('find the last position in the positions table and in the rows', async () => {
    const sql = openSql(settings);
    const position = (key = KEY) => sql.lastPosition(key);
    expect(await position({ ...KEY, partition: 9 })).toBeNull();
    expect(await position()).toBe(2);
    const reject = async (offset: number) => {
      const { received_at, reason, kafka_topic, kafka_partition } = rejected(offset);
      await sql.queries.change(
        `INSERT INTO ${pathOf(settings, 'events_rejected')} (received_at, reason, kafka_topic, kafka_partition, kafka_offset) VALUES (TIMESTAMP '${received_at}', '${reason}', '${kafka_topic}', ${kafka_partition}, ${offset})`,
      );
    };
    // 3 and 4 follow without a gap; between 4 and 6 an event may still be on its way.
    for (const offset of [3, 4, 6]) await reject(offset);
    expect(await position()).toBe(4);
    const note = (log: string, at: number) =>
      sql.queries.change(
        `INSERT INTO ${pathOf(settings, 'stargate_positions')} (log, topic, \`partition\`, position, updated_at) VALUES ('${log}', '${KEY.topic}', 0, ${at}, CURRENT_TIMESTAMP())`,
      );
    await note(KEY.log, 1);
    expect(await position()).toBe(4);
    // Rows do not say which log they are of: another under the same name makes them no evidence.
    await note('another log', 50);
    expect(await position()).toBe(1);
  });

  it('run from the command line: cost on stderr; table, CSV and JSON on stdout', async () => {
    const query = (...args: string[]) => stargate(['query', ...args], { env: env() });
    const sql =
      "SELECT event_name AS name, value FROM events_between(TIMESTAMP '2026-03-01', TIMESTAMP '2026-04-01') WHERE value IS NOT NULL";
    expect(await query(sql)).toMatchObject({
      status: 0,
      stdout: 'name  value\n=1+1    1.5\n1 row\n',
      stderr: expect.stringMatching(/^Reads .* on demand\.\n$/),
    });
    expect((await query(sql, '--format', 'csv')).stdout).toBe("name,value\r\n'=1+1,1.5\n");
    expect(JSON.parse((await query(sql, '--json')).stdout)).toEqual({
      columns: [
        { name: 'name', type: 'STRING' },
        { name: 'value', type: 'NUMERIC' },
      ],
      rows: [{ name: '=1+1', value: '1.5' }],
      truncated: false,
    });
    const refused = await query('SELECT 1', '--max-bytes', '5');
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('--max-bytes') });
  });

  it('are cancelled when nobody waits for them any more', async () => {
    await ensureBuilt();
    const endless = await slow(bigquery.endpoint, Number.POSITIVE_INFINITY);
    try {
      const typed = start(['query', 'SELECT 1 AS one', '--timeout', '600'], {
        env: { ...env(), STARGATE_BIGQUERY_ENDPOINT: endless.endpoint },
      });
      await until('a job', () => endless.left() > 0, 60_000);
      typed.child.kill('SIGINT');
      expect(await typed.ended).toMatchObject({ status: 130, stdout: '' });
      expect(endless.cancelled()).toBe(1);
      await expect(
        openSql({ ...settings, endpoint: endless.endpoint }).query('SELECT 1', { timeoutMs: 500 }),
      ).rejects.toMatchObject({ code: 'STG_QUERY_TIMEOUT' });
      // Perhaps one that was only being started then.
      await until('its end', () => endless.cancelled() === 2, 60_000);
    } finally {
      await endless.close();
    }
  });

  it('follow events as they arrive', async () => {
    await ensureBuilt();
    const tail = start(['tail', '--json', '--lines', '1'], { env: env() });
    const now = (offset: number, name: string) =>
      row(offset, { event_name: name, received_at: new Date().toISOString() });
    await plant(settings, [now(10, 'old_sale')]);
    await tail.saw('an hour');
    await tail.saw('old_sale');
    await plant(settings, [now(11, 'view_a'), now(12, 'view_b')]);
    await tail.saw('view_b');
    tail.child.kill('SIGINT');
    expect(await tail.ended).toMatchObject({ status: 0 });
    const names = tail.stdout().trim().split('\n');
    expect(names.map((line) => JSON.parse(line).event_name).slice(-2)).toEqual(['view_a', 'view_b']);
  });

  it('follow events of a name with quotes and backslashes', async () => {
    const name = `l'\u00e9t\u00e9 "\\\\d"\\n`;
    await plant(settings, [row(20, { event_name: name, received_at: new Date().toISOString() })]);
    const options = { event: name, lines: 5, signal: new AbortController().signal, onWarning: () => {} };
    const { value } = await tailRows(openQueries(settings), options).next();
    expect(value).toMatchObject({ event_name: name });
  });

  it('that would read more than they may are not run, and much is asked for first', async () => {
    // The engine calls every query free: what it says of bytes is written over on the way.
    const dear = await expensive(bigquery.endpoint, 3 * 2 ** 30);
    try {
      const query = (...args: string[]) =>
        stargate(['query', 'SELECT 1 AS one', ...args], {
          env: { ...env(), STARGATE_BIGQUERY_ENDPOINT: dear.endpoint },
        });
      expect(await query('--max-bytes', '1GiB')).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringContaining('STG_QUERY_COST'),
      });
      expect(dear.run()).toBe(0);
      const asked = await query();
      expect(asked).toMatchObject({ status: 4, stdout: '' });
      expect(asked.stderr).toContain('Reads 3.0 GiB: about US$ 0.02 on demand.');
      expect(dear.run()).toBe(0);
      expect(await query('--yes')).toMatchObject({ status: 0 });
      expect(await query('--max-bytes', '4GiB')).toMatchObject({ status: 0 });
      expect(dear.run()).toBe(2);
      expect(dear.limits()).toEqual([undefined, String(4 * 2 ** 30)]);
    } finally {
      await dear.close();
    }
  });
});

describeWith('bigquery', 'clear in BigQuery', () => {
  it('deletes events and rejected events, and keeps the positions', async () => {
    const bigquery = await startBigquery();
    try {
      const settings = settingsOf(bigquery.endpoint);
      const { setup, queries, query, clear, lastPosition } = openSql(settings);
      await setup.apply(await setup.plan());
      await plant(settings, rows(0, 3));
      await queries.change(
        `INSERT INTO ${pathOf(settings, 'stargate_positions')} (log, topic, \`partition\`, position, updated_at) VALUES ('${KEY.log}', '${KEY.topic}', 0, 2, CURRENT_TIMESTAMP())`,
      );
      await clear();
      expect((await query('SELECT COUNT(*) AS n FROM events_deduped')).rows).toEqual([{ n: 0 }]);
      expect(await lastPosition(KEY)).toBe(2);
    } finally {
      await bigquery.close();
    }
  });
});

describeWith('bq', "Google's bq", () => {
  it('sees the tables, and counts the rows', async () => {
    const bigquery = await startBigquery();
    const folder = await mkdtemp(join(tmpdir(), 'stargate-bq-'));
    try {
      const settings = settingsOf(bigquery.endpoint);
      const { setup } = openSql(settings);
      await setup.apply(await setup.plan());
      await plant(settings, rows(0, 3));
      const token = join(folder, 'token');
      await writeFile(token, 'none');
      const env = {
        PATH: process.env.PATH,
        ...{ CLOUDSDK_CONFIG: folder, CLOUDSDK_CORE_PROJECT: PROJECT, CLOUDSDK_CORE_DISABLE_PROMPTS: '1' },
        CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
      };
      const bq = async (...args: string[]) => {
        const common = ['--api', bigquery.endpoint, `--project_id=${PROJECT}`, '--bigqueryrc=/dev/null'];
        const { stdout } = await promisify(execFile)('bq', [...common, '--format=json', ...args], { env });
        return JSON.parse(stdout);
      };
      const table = await bq('show', `${settings.dataset}.events`);
      expect(table).toMatchObject({
        timePartitioning: { field: 'received_at' },
        requirePartitionFilter: true,
      });
      const sql = `SELECT COUNT(*) AS n FROM ${settings.dataset}.events WHERE received_at > TIMESTAMP '2026-01-01'`;
      expect(await bq('query', '--nouse_legacy_sql', sql)).toEqual([{ n: '3' }]);
    } finally {
      await bigquery.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
