import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { COMPACT_BYTES, Compactor, MOST_PIECES } from '../../src/warehouse/duckdb/compactor.js';
import { Database } from '../../src/warehouse/duckdb/database.js';
import { planSchema } from '../../src/warehouse/duckdb/schema.js';
import { Store } from '../../src/warehouse/duckdb/store.js';
import { inFolder } from './folder.js';
import { rows } from './rows.js';

describe('compaction', () => {
  it('waits for a quiet moment, and comes once for each piece', async () => {
    let runs = 0;
    const compactor = new Compactor(async () => {
      runs += 1;
    }, 20);
    try {
      compactor.wrote(1, COMPACT_BYTES - 1);
      const busy = setInterval(() => compactor.wrote(101, 0), 1);
      compactor.wrote(1, COMPACT_BYTES + 1);
      await new Promise((done) => setTimeout(done, 100));
      expect(runs).toBe(0);
      clearInterval(busy);
      await vi.waitFor(() => expect(runs).toBe(2));
    } finally {
      compactor.stop();
    }
  });

  it('does not wait for quiet for ever when much has gathered', async () => {
    let runs = 0;
    const compactor = new Compactor(async () => {
      runs += 1;
    }, 5);
    const busy = setInterval(() => compactor.wrote(101, 0), 1);
    try {
      compactor.wrote(1, MOST_PIECES * COMPACT_BYTES - 1);
      await new Promise((done) => setTimeout(done, 200));
      expect(runs).toBe(0);
      compactor.wrote(1, 1);
      await vi.waitFor(() => expect(runs).toBe(1));
      // One piece less than what is urgent.
      await new Promise((done) => setTimeout(done, 200));
      expect(runs).toBe(1);
    } finally {
      clearInterval(busy);
      compactor.stop();
    }
  });

  it('merges row groups, keeps every row, and leaves the setting as it was', async () => {
    await inFolder(async (folder) => {
      const database = await Database.open(join(folder, 'w.duckdb'));
      const store = new Store(database, 'events');
      const connection = await store.connection();
      for (const { sql } of await planSchema(connection, 'events')) await connection.run(sql);
      const ask = (sql: string) =>
        database.lend(async (guest) => Number((await (await guest.run(sql)).getRows())[0]?.[0]));
      const groups = () => ask("SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('events')");
      for (let first = 0; first < 5_000; first += 1_000) {
        await store.transaction(({ events }) => events.insert(rows(first, 1_000), 'narrow'));
        await (await store.connection()).run('CHECKPOINT');
      }
      const before = await groups();
      expect(before).toBeGreaterThan(2);
      // The first pass finds what the second can merge.
      for (let pass = 0; pass < 3; pass += 1) {
        await store.transaction(({ events }) => events.insert(rows(5_000 + pass, 1), 'narrow'));
        await store.compact();
      }
      expect(await groups()).toBeLessThan(before);
      expect(await ask('SELECT count(DISTINCT kafka_offset) FROM events')).toBe(5_003);
      expect(await ask("SELECT current_setting('max_vacuum_tasks')::INT")).toBe(0);
      store.reset();
      await database.close();
    });
  });
});
