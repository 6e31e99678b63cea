import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Warehouse } from '../../src/warehouse/port.js';
import { inFolder, owned } from './folder.js';
import { KEY, rows } from './rows.js';

let warehouse: Warehouse;
let folder: string;
let ended: () => void;
let over: Promise<void>;

beforeAll(async () => {
  await new Promise<void>((ready, failed) => {
    over = inFolder(async (path) => {
      folder = path;
      warehouse = await owned(join(path, 'w.duckdb'));
      await (await warehouse.openPartition(KEY, null)).append(rows(0, 5));
      await writeFile(join(path, 'secret.txt'), 'token-of-the-owner');
      await writeFile(join(path, 'secret.csv'), 'a,b\n1,token-of-the-owner\n');
      await warehouse.publishEndpoint({ port: 1 });
      ready();
      await new Promise<void>((done) => {
        ended = done;
      });
      await warehouse.close();
    });
    over.catch(failed);
  });
});
afterAll(async () => {
  ended();
  await over;
});

const value = async (sql: string): Promise<unknown> =>
  Object.values((await warehouse.query(sql)).rows[0] ?? {})[0];

describe('what a query may do', () => {
  it.each([
    ['SELECT', 'SELECT count(*) FROM events'],
    ['WITH', 'WITH e AS (SELECT * FROM events) SELECT count(*) FROM e'],
    ['FROM first', 'FROM events SELECT count(*)'],
    ['a semicolon and a comment', 'SELECT count(*) FROM events; -- the end'],
    [
      'words that are also functions',
      "SELECT count(*) FROM events WHERE event_name <> 'glob query checkpoint'",
    ],
    ['a column called query', 'SELECT count(*) AS query FROM events'],
  ])('%s', async (_, sql) => {
    expect(await value(sql)).toBe(5);
  });

  it.each([
    'DESCRIBE events',
    'SUMMARIZE events',
    'SHOW TABLES',
    'EXPLAIN SELECT 1',
    'EXPLAIN ANALYZE SELECT 1',
    'VALUES (1)',
  ])('%s', async (sql) => {
    expect((await warehouse.query(sql)).rows.length).toBeGreaterThan(0);
  });
});

/** Each would write, reach a file, the network or the environment, change a setting, or stall the writer. */
const TRICKS: readonly (readonly [string, string])[] = [
  ['two statements', 'SELECT 1; SELECT 2'],
  ['nothing', ''],
  ['only a comment', '-- nothing'],
  ['DELETE', 'DELETE FROM events'],
  ['INSERT', "INSERT INTO stargate_positions VALUES ('x', 'x', 0, 1, 1, now())"],
  ['UPDATE', 'UPDATE stargate_positions SET rows = 0'],
  ['UPDATE … RETURNING', 'UPDATE stargate_positions SET rows = 0 RETURNING *'],
  ['WITH … DELETE', 'WITH d AS (SELECT 1) DELETE FROM events'],
  ['EXPLAIN ANALYZE DELETE', 'EXPLAIN ANALYZE DELETE FROM events'],
  ['EXPLAIN ANALYZE CREATE', 'EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1'],
  ['EXPLAIN ANALYZE COPY', "EXPLAIN ANALYZE COPY events TO 'FOLDER/out.csv'"],
  ['CREATE TEMP TABLE', 'CREATE TEMP TABLE x AS SELECT 1'],
  ['CREATE MACRO', 'CREATE MACRO x() AS 1'],
  ['DROP VIEW', 'DROP VIEW sessions'],
  ['TRUNCATE', 'TRUNCATE events'],
  ['COPY TO', "COPY events TO 'FOLDER/out.csv'"],
  ['COPY FROM', "COPY events FROM 'FOLDER/secret.csv'"],
  ['EXPORT DATABASE', "EXPORT DATABASE 'FOLDER/out'"],
  ['ATTACH', "ATTACH 'FOLDER/other.duckdb' AS other"],
  ['DETACH', 'DETACH w'],
  ['USE', 'USE system'],
  ['PRAGMA', "PRAGMA memory_limit='1MB'"],
  ['SET', 'SET threads = 8'],
  ['SET the one open setting', 'SET GLOBAL max_vacuum_tasks = 0'],
  ['RESET', 'RESET threads'],
  ['CALL', 'CALL force_checkpoint()'],
  ['CHECKPOINT', 'CHECKPOINT'],
  ['checkpoint()', 'SELECT * FROM checkpoint()'],
  ['force_checkpoint(), quoted', 'SELECT * FROM "force_checkpoint"()'],
  ['force_checkpoint(), with a comment', 'SELECT * FROM force_checkpoint/* */()'],
  ['force_checkpoint(), escaped', 'SELECT * FROM U&"force\\005fcheckpoint"()'],
  ['enable_logging()', "SELECT * FROM enable_logging(storage='file', storage_path='FOLDER')"],
  ['query() of a made-up text', "SELECT * FROM query('FROM force_' || 'checkpoint()')"],
  [
    'json_execute_serialized_sql',
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
  ],
  ['a raw address', 'SELECT * FROM arrow_scan(1, 2, 3)'],
  ['sleep', 'SELECT sleep_ms(60000)'],
  ['INSTALL', 'INSTALL httpfs'],
  ['LOAD', "LOAD 'httpfs'"],
  ['read_csv', "SELECT * FROM read_csv('FOLDER/secret.csv')"],
  ['read_text', "SELECT * FROM read_text('FOLDER/secret.txt')"],
  ['read_text of the owner file', "SELECT * FROM read_text('FOLDER/w.duckdb.owner.json')"],
  ['read_blob of the database', "SELECT * FROM read_blob('FOLDER/w.duckdb.wal')"],
  ['the database as a table', "SELECT * FROM 'FOLDER/w.duckdb'"],
  [
    'a call hidden by text that looks like a comment',
    "SELECT '/*', * FROM read_text('FOLDER/w.duckdb'), (SELECT '*/')",
  ],
  ['a call behind a nested comment', "SELECT * FROM glob /* /* */ */ ('FOLDER/*')"],
  ['secrets', 'SELECT * FROM duckdb_secrets()'],
  ['read_json', "SELECT * FROM read_json('FOLDER/w.duckdb.owner.json')"],
  ['read_parquet', "SELECT * FROM read_parquet('FOLDER/*')"],
  ['read_duckdb', "SELECT * FROM read_duckdb('FOLDER/w.duckdb')"],
  ['a file as a table', "SELECT * FROM 'FOLDER/secret.csv'"],
  ['sniff_csv', "SELECT * FROM sniff_csv('FOLDER/secret.csv')"],
  ['glob', "SELECT * FROM glob('FOLDER/*')"],
  ['the network', "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')"],
  ['getenv', "SELECT getenv('HOME')"],
  ['nextval', "SELECT nextval('x')"],
  ['BEGIN', 'BEGIN'],
  ['COMMIT', 'COMMIT'],
  ['PREPARE', 'PREPARE p AS DELETE FROM events'],
  ['EXECUTE', 'EXECUTE p'],
  ['CREATE SECRET', "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')"],
  ['CREATE SEQUENCE', 'CREATE SEQUENCE q'],
  ['VACUUM', 'VACUUM'],
  ['a parameter', 'SELECT $1'],
  ['COMMENT ON', "COMMENT ON TABLE events IS 'x'"],
  ['MERGE', 'MERGE INTO events USING (SELECT 1) ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES'],
];

describe('what a query may not do', () => {
  it.each(TRICKS)('%s', async (_, sql) => {
    const run = warehouse.query(sql.replaceAll('FOLDER', folder), { timeoutMs: 5_000 });
    const error = (await run.then(
      (result) => Promise.reject(new Error(`it ran: ${JSON.stringify(result).slice(0, 300)}`)),
      (reason: unknown) => reason,
    )) as { code?: string; got?: string };
    expect(['STG_QUERY_REFUSED', 'STG_QUERY_FAILED'], JSON.stringify(error)).toContain(error.code);
    expect(JSON.stringify(error)).not.toContain('token-of-the-owner');
    expect(await value('SELECT count(*) FROM events')).toBe(5);
    expect(await value('SELECT sum(rows) FROM stargate_positions')).toBe(5);
  });
});

describe('what a query answers', () => {
  it('has the JSON forms of the port', async () => {
    const { columns, rows: found } = await warehouse.query(`SELECT
      TIMESTAMPTZ '2026-03-01 12:00:00.123+00' AS ms, TIMESTAMPTZ '2026-03-01 12:00:00.123456+00' AS micros,
      TIMESTAMPTZ '1969-12-31 23:59:59.9999+00' AS before, DATE '2026-03-01' AS day,
      1.50::DECIMAL(38,9) AS money, 42::BIGINT AS small, 9007199254740993::BIGINT AS large,
      sum(1) AS total, 'NaN'::DOUBLE AS nan, true AS yes, NULL AS nothing,
      [1, NULL] AS list, {'a': DATE '2026-03-01', 'b': [{'c': 1::BIGINT}]} AS record, MAP {'k': 1} AS map,
      '{"a":1.0}'::JSON AS json, 'a' AS same, 'b' AS same`);
    expect(found[0]).toEqual({
      ms: '2026-03-01T12:00:00.123Z',
      micros: '2026-03-01T12:00:00.123456Z',
      before: '1969-12-31T23:59:59.999900Z',
      day: '2026-03-01',
      money: '1.500000000',
      small: 42,
      large: '9007199254740993',
      total: 1,
      nan: 'NaN',
      yes: true,
      nothing: null,
      list: [1, null],
      record: { a: '2026-03-01', b: [{ c: 1 }] },
      map: [{ key: 'k', value: 1 }],
      json: '{"a":1.0}',
      same: 'a',
      'same:1': 'b',
    });
    expect(columns.slice(0, 5).map(({ type }) => type)).toEqual([
      'TIMESTAMP WITH TIME ZONE',
      'TIMESTAMP WITH TIME ZONE',
      'TIMESTAMP WITH TIME ZONE',
      'DATE',
      'DECIMAL(38,9)',
    ]);
  });

  it('is cut at the row limit, without reading the rest', async () => {
    const cut = await warehouse.query('SELECT * FROM range(1000000000000) r(n)', { maxRows: 3 });
    expect(cut.rows.map(({ n }) => n)).toEqual([0, 1, 2]);
    expect(cut.truncated).toBe(true);
    expect((await warehouse.query('SELECT * FROM range(3)', { maxRows: 3 })).truncated).toBe(false);
  });

  it('is cut where its text grows too large', async () => {
    const cut = await warehouse.query("SELECT repeat('x', 1000000) AS text FROM range(100)");
    expect(cut.truncated).toBe(true);
    expect(cut.rows.length).toBeLessThan(40);
  });

  it('is stopped at the time limit, and the writer goes on', async () => {
    const sql = 'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3';
    const started = performance.now();
    const run = warehouse.query(sql, { timeoutMs: 200 });
    const checked = expect(run).rejects.toMatchObject({ code: 'STG_QUERY_TIMEOUT' });
    const writer = await warehouse.openPartition({ ...KEY, log: 'other', topic: 'other' }, null);
    expect((await writer.append([])).stored).toBe(0);
    await checked;
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("gives DuckDB's message", async () => {
    const run = warehouse.query('SELECT nothing FROM events');
    await expect(run).rejects.toMatchObject({
      code: 'STG_QUERY_FAILED',
      got: expect.stringContaining('Referenced column "nothing" not found'),
    });
  });
});
