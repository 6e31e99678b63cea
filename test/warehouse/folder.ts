import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWarehouse } from '../../src/warehouse/open.js';
import type { Warehouse } from '../../src/warehouse/port.js';

/** Runs `body` in a folder of its own, gone afterwards. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stargate-warehouse-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An owner of `file` with its schema applied. */
export async function owned(file: string, table?: string): Promise<Warehouse> {
  const warehouse = await openWarehouse(`duckdb:${file}`, { mode: 'own', ...(table && { table }) });
  await warehouse.applySchema(await warehouse.planSchema());
  return warehouse;
}

export async function inMemory(): Promise<Warehouse> {
  const warehouse = await openWarehouse('memory:', { mode: 'own' });
  await warehouse.applySchema(await warehouse.planSchema());
  return warehouse;
}
