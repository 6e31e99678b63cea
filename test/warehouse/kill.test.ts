import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openWarehouse } from '../../src/warehouse/open.js';
import { inFolder, owned } from './folder.js';
import { KEY } from './rows.js';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

interface Said {
  readonly skip?: number;
  readonly saved: string;
  readonly behind?: number;
}

/** Starts a worker; `said` grows with what it has printed. */
function worker(file: string, position: number, saved: string) {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', CHILD, file, String(position), saved],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const said: Said[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => said.push(JSON.parse(line) as Said));
  const reached = async (count: number): Promise<void> => {
    while (said.length < count) await once(lines, 'line', { signal: AbortSignal.timeout(40_000) });
  };
  const kill = async (): Promise<Said[]> => {
    const closed = once(lines, 'close');
    child.kill('SIGKILL');
    await closed;
    return said;
  };
  return { reached, kill };
}

describe('kill -9 of the owner', () => {
  it('loses and doubles nothing that was acknowledged, from any committed position', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      let committed = { position: 0, saved: '' };
      let acknowledged = 0;
      for (let life = 0; life < 4; life += 1) {
        const process = worker(file, committed.position, committed.saved);
        await process.reached(3 + life * 9);
        const said = await process.kill();
        const [start, ...receipts] = said;
        expect(committed.position + (start?.skip ?? 0)).toBeGreaterThanOrEqual(acknowledged);
        if (life === 0) committed = { position: 0, saved: start?.saved ?? '' };
        acknowledged = Math.max(acknowledged, ...receipts.map(({ behind }) => behind ?? 0));
        // The log knows an older position than the warehouse does.
        const older = receipts[Math.floor(receipts.length / 2)];
        if (life > 0 && older) committed = { position: older.behind ?? 0, saved: older.saved };
      }
      const warehouse = await owned(file);
      const writer = await warehouse.openPartition(KEY, committed.saved);
      const { rows } = await warehouse.query(
        'SELECT count(*) AS n, count(DISTINCT kafka_offset) AS places, max(kafka_offset) + 1 AS behind FROM events',
      );
      expect(rows[0]).toEqual({
        n: committed.position + writer.skip,
        places: committed.position + writer.skip,
        behind: committed.position + writer.skip,
      });
      expect(committed.position + writer.skip).toBeGreaterThanOrEqual(acknowledged);
      await warehouse.close();
    });
  }, 180_000);

  it('leaves an owner file that nobody trusts', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'w.duckdb');
      const process = worker(file, 0, '');
      await process.reached(3);
      const owner = JSON.parse(await readFile(`${file}.owner.json`, 'utf8')) as Record<string, unknown>;
      expect(owner).toMatchObject({
        port: 9,
        token: expect.stringMatching(/^.{43}$/),
        pid: expect.any(Number),
      });
      expect((await stat(`${file}.owner.json`)).mode & 0o777).toBe(0o600);

      await expect(openWarehouse(`duckdb:${file}`, { mode: 'own' })).rejects.toMatchObject({
        code: 'STG_WAREHOUSE_LOCKED',
        got: expect.stringContaining(`process ${owner.pid}`),
      });
      const client = await openWarehouse(`duckdb:${file}`, { mode: 'query' });
      // Alive, the owner is asked (nobody listens at that port, but its lock holds); dead, the file is read.
      await expect(client.query('SELECT 1 AS one')).rejects.toMatchObject({
        code: 'STG_WAREHOUSE_LOCKED',
      });
      await process.kill();
      const { rows } = await client.query('SELECT count(*) > 0 AS some FROM events');
      expect(rows).toEqual([{ some: true }]);
      await client.close();
    });
  }, 120_000);
});
