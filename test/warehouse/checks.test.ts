/** What `doctor` sees of a DuckDB file, which it must leave as it is. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { examine } from '../../src/doctor/examine.js';
import { duckdbChecks } from '../../src/warehouse/duckdb/checks.js';
import { inFolder, owned } from './folder.js';

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

  it('opens, with its schema, and stays as it is', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      await (await owned(file)).close();
      const before = content(folder);
      expect((await look(file)).map(({ code, state }) => [code, state])).toEqual([
        ['STG_WAREHOUSE', 'ok'],
        ['STG_TABLE_SCHEMA', 'ok'],
      ]);
      expect(content(folder)).toEqual(before);
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
