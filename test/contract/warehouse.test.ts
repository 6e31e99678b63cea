import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryWarehouse } from '../../src/warehouse/memory.js';
import { openWarehouse } from '../../src/warehouse/open.js';
import type { Warehouse } from '../../src/warehouse/port.js';
import { DATASET, eventIds, openOn, tablesFor, WriteServer } from '../helpers/bigquery/index.js';
import { warehouseContract } from './warehouse.js';

warehouseContract('plain arrays', async () => {
  const warehouse = new MemoryWarehouse({
    refuse: ({ event }) => ((event.value?.length ?? 0) > 39 ? 'too wide' : null),
  });
  return {
    warehouse,
    eventIds: async () => [...warehouse.rows].sort((a, b) => place(a) - place(b)).map((row) => row.event_id),
    rejectedReasons: async () => warehouse.rejectedRows.map((row) => row.reason),
    close: () => warehouse.close(),
  };
});

const place = (row: { kafka_partition?: number | undefined; kafka_offset?: number | undefined }): number =>
  (row.kafka_partition ?? 0) * 1e6 + (row.kafka_offset ?? 0);

async function column(warehouse: Warehouse, sql: string): Promise<string[]> {
  return (await warehouse.query(sql)).rows.map((row) => String(Object.values(row)[0]));
}

const subject = async (warehouse: Warehouse, after: () => Promise<void>) => {
  await warehouse.applySchema(await warehouse.planSchema());
  return {
    warehouse,
    eventIds: () => column(warehouse, 'SELECT event_id FROM events ORDER BY kafka_partition, kafka_offset'),
    rejectedReasons: () =>
      column(warehouse, 'SELECT reason FROM events_rejected ORDER BY kafka_partition, kafka_offset'),
    close: async () => {
      await warehouse.close();
      await after();
    },
  };
};

warehouseContract('DuckDB in a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stargate-warehouse-'));
  const warehouse = await openWarehouse(`duckdb:${join(folder, 'w.duckdb')}`, {
    mode: 'own',
    table: 'realtime',
  });
  return subject(warehouse, () => rm(folder, { recursive: true, force: true }));
});

warehouseContract('DuckDB in memory', async () =>
  subject(await openWarehouse('memory:', { mode: 'own' }), async () => undefined),
);

let tables = 0;

warehouseContract('BigQuery, on a local write server', async () => {
  const table = `events_${++tables}`;
  const server = await WriteServer.start({ tables: tablesFor(table) });
  const warehouse = await openOn(server, { table });
  return {
    warehouse,
    eventIds: async () => eventIds(server, table),
    rejectedReasons: async () => {
      // Stored at least once: those who read take the first of each place.
      const first = new Map<number, string>();
      for (const row of server.rows(`${DATASET}/events_rejected`)) {
        const at = place(row as Parameters<typeof place>[0]);
        if (!first.has(at)) first.set(at, String(row.reason));
      }
      return [...first].sort(([a], [b]) => a - b).map(([, reason]) => reason);
    },
    close: async () => {
      await warehouse.close();
      await server.close();
    },
  };
});
