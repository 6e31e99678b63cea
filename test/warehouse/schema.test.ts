import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { FIELDS } from '../../src/event/fields.js';
import { openWarehouse } from '../../src/warehouse/open.js';
import type { Warehouse } from '../../src/warehouse/port.js';
import { inFolder, owned } from './folder.js';
import { KEY, row, rows } from './rows.js';

/** Changes a database as an older, a newer or another program would have. */
async function change(file: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

const own = (file: string): Promise<Warehouse> => openWarehouse(`duckdb:${file}`, { mode: 'own' });
const titles = async (warehouse: Warehouse): Promise<string[]> =>
  (await warehouse.planSchema()).map(({ title }) => title);

async function withFile(
  sql: string,
  body: (warehouse: Warehouse, file: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'w.duckdb');
    const first = await owned(file);
    await (await first.openPartition(KEY, null)).append([
      row(0, { items: [{ item_id: 'a' }] }),
      ...rows(1, 2),
    ]);
    await first.close();
    await change(file, sql);
    const warehouse = await own(file);
    try {
      await body(warehouse, file);
    } finally {
      await warehouse.close();
    }
  });
}

describe('the schema', () => {
  it('is planned without touching anything, applied once, and then complete', async () => {
    await inFolder(async (folder) => {
      const warehouse = await own(join(folder, 'w.duckdb'));
      const steps = await titles(warehouse);
      expect(steps.slice(0, 3)).toEqual([
        'create table events',
        'create table events_rejected',
        'create table stargate_positions',
      ]);
      expect(await titles(warehouse)).toEqual(steps);
      await expect(warehouse.openPartition(KEY, null)).rejects.toMatchObject({
        code: 'STG_WAREHOUSE_SCHEMA',
      });
      await warehouse.applySchema(await warehouse.planSchema());
      expect(await titles(warehouse)).toEqual([]);
      const { rows: columns } = await warehouse.query('DESCRIBE events');
      expect(columns.map((column) => column.column_name)).toEqual(FIELDS.map(({ name }) => name));
      await warehouse.close();
    });
  });

  it('adds the columns that an older version did not have', async () => {
    await withFile(
      "ALTER TABLE events DROP COLUMN ip_truncated; ALTER TABLE events DROP COLUMN bot_reasons; UPDATE stargate_warehouse SET version = 0, layout = 'old'",
      async (warehouse) => {
        expect(await titles(warehouse)).toEqual(
          expect.arrayContaining(['add column events.ip_truncated', 'add column events.bot_reasons']),
        );
        await warehouse.applySchema(await warehouse.planSchema());
        expect(await titles(warehouse)).toEqual([]);
        const writer = await warehouse.openPartition({ ...KEY, log: 'next' }, null);
        await writer.append([row(9, { ip_truncated: '203.0.113.0' })]);
        const { rows: found } = await warehouse.query(
          'SELECT ip_truncated AS ip FROM events_deduped ORDER BY kafka_offset',
        );
        expect(found).toEqual([{ ip: null }, { ip: null }, { ip: null }, { ip: '203.0.113.0' }]);
      },
    );
  });

  it('rewrites the table where a record column got a field, so that a crash right after can be opened', async () => {
    await withFile(
      `ALTER TABLE events DROP COLUMN items; ALTER TABLE events ADD COLUMN items STRUCT(item_id VARCHAR)[];
       UPDATE events SET items = [{'item_id': 'a'}] WHERE kafka_offset = 0; UPDATE stargate_warehouse SET layout = 'old'`,
      async (warehouse, file) => {
        expect(await titles(warehouse)).toContain('rewrite table events with new fields in its records');
        await warehouse.applySchema(await warehouse.planSchema());
        expect(await titles(warehouse)).toEqual([]);
        await (await warehouse.openPartition({ ...KEY, log: 'n' }, null)).append([
          row(9, { items: [{ price: '2' }] }),
        ]);
        // As a kill would leave it: the file and its log as they are now.
        await copyFile(file, `${file}.copy`);
        await copyFile(`${file}.wal`, `${file}.copy.wal`);
        const copy = await own(`${file}.copy`);
        const { rows: found } = await copy.query(
          'SELECT items[1].item_id AS id, items[1].price AS price FROM events WHERE len(items) > 0 ORDER BY kafka_offset',
        );
        expect(found).toEqual([
          { id: 'a', price: null },
          { id: null, price: '2.000000000' },
        ]);
        await copy.close();
      },
    );
  });

  it('refuses a column of another type', async () => {
    await withFile('ALTER TABLE events ALTER session_id TYPE VARCHAR', async (warehouse) => {
      await expect(warehouse.planSchema()).rejects.toMatchObject({
        code: 'STG_WAREHOUSE_SCHEMA',
        expected: 'column session_id of events as BIGINT',
        got: 'VARCHAR',
      });
    });
  });

  it('refuses a database of a newer version', async () => {
    await withFile('UPDATE stargate_warehouse SET version = 999', async (warehouse) => {
      const newer = { code: 'STG_WAREHOUSE_VERSION', got: 'version 999' };
      await expect(warehouse.planSchema()).rejects.toMatchObject(newer);
      await expect(warehouse.openPartition(KEY, null)).rejects.toMatchObject(newer);
    });
  });

  it('names the table as told, with events as a view of it', async () => {
    await inFolder(async (folder) => {
      const warehouse = await owned(join(folder, 'w.duckdb'), 'real "time"');
      expect(warehouse.tables).toEqual({ events: '"real ""time"""', rejected: 'events_rejected' });
      await (await warehouse.openPartition(KEY, null)).append(rows(0, 2));
      for (const name of [warehouse.tables.events, 'events', 'events_deduped', 'events_v2_compat']) {
        expect((await warehouse.query(`SELECT count(*) AS n FROM ${name}`)).rows).toEqual([{ n: 2 }]);
      }
      await warehouse.close();
    });
  });
});
