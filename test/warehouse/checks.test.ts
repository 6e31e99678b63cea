/** What `doctor` sees of a DuckDB file, which it must leave as it is. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { examine } from '../../src/doctor/examine.js';
import { duckdbChecks } from '../../src/warehouse/duckdb/checks.js';
import { inFolder, owned } from './folder.js';
import { KEY, rows } from './rows.js';

const look = (file: string, table = 'events') => examine(duckdbChecks(file, table));
const content = (folder: string) =>
  readdirSync(folder).map((name) => [
    name,
    createHash('sha1')
      .update(readFileSync(join(folder, name)))
      .digest('hex'),
  ]);

describe('a DuckDB file', () => {
  it('that is not there is no fault, and is not made', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      expect(await look(file)).toMatchObject([{ code: 'STG_WAREHOUSE', state: 'ok' }]);
      expect(readdirSync(folder)).toEqual([]);
    }));

  it('opens, with its schema, and stays as it is: also what a crash left behind', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      const copies = join(folder, 'copies');
      mkdirSync(copies);
      const owner = await owned(file);
      await (await owner.openPartition(KEY, null)).append(rows(0, 3));
      // As if the process had been killed: rows are in the write-ahead log alone.
      for (const name of ['w.duckdb', 'w.duckdb.wal']) copyFileSync(join(folder, name), join(copies, name));
      await owner.close();
      const before = content(copies);
      expect((await look(join(copies, 'w.duckdb'))).map(({ code, state }) => [code, state])).toEqual([
        ['STG_WAREHOUSE', 'ok'],
        ['STG_TABLE_SCHEMA', 'ok'],
      ]);
      expect(content(copies)).toEqual(before);
    }));

  it.each<[string, string, string, RegExp]>([
    [
      'lacks a column',
      'ALTER TABLE events DROP COLUMN page_title',
      'warning',
      /add column events\.page_title/,
    ],
    ['has one of another type', 'ALTER TABLE events ALTER event_name TYPE INTEGER', 'failed', /event_name/],
    ['is of a newer version', 'UPDATE stargate_warehouse SET version = 99', 'failed', /99/],
  ])('that %s', (_, sql, state, detail) =>
    inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      await (await owned(file)).close();
      const instance = await DuckDBInstance.create(file);
      const connection = await instance.connect();
      for (const view of ['events_deduped', 'events_ga4', 'events_v2_compat', 'sessions'])
        await connection.run(`DROP VIEW IF EXISTS ${view}`);
      await connection.run(sql);
      connection.closeSync();
      instance.closeSync();
      const [, schema] = await look(file);
      expect(schema).toMatchObject({
        code: 'STG_TABLE_SCHEMA',
        state,
        detail: expect.stringMatching(detail),
      });
    }),
  );

  it('that is none fails', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      writeFileSync(file, 'something else '.repeat(1_000));
      expect(await look(file)).toMatchObject([{ code: 'STG_WAREHOUSE', state: 'failed' }]);
    }));
});
