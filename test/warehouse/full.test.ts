import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder, owned } from './folder.js';
import { KEY, row } from './rows.js';

const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'ignore' });
const unmount = (folder: string): void => void execFileSync('umount', [folder], { stdio: 'ignore' });

function canMount(): boolean {
  try {
    return (
      process.getuid?.() === 0 &&
      execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'x', '/mnt']) !== null
    );
  } catch {
    return false;
  }
}

const possible = canMount();

describe.skipIf(!possible)(`a full disk${possible ? '' : ' [skipped: needs root and mount]'}`, () => {
  it('is said clearly, corrupts nothing, and is over as soon as there is room', async () => {
    await inFolder(async (folder) => {
      mount('-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder);
      try {
        const warehouse = await owned(join(folder, 'w.duckdb'));
        let committed = { behind: 0, saved: '' };
        // Text that does not compress, in batches, until nothing more fits: through WAL and checkpoints alike.
        const batch = (first: number) =>
          Array.from({ length: 200 }, (_, n) => row(first + n, { page_title: noise(500) }));
        const work = async (until: number): Promise<void> => {
          const writer = await warehouse.openPartition(KEY, committed.saved || null);
          committed = { behind: committed.behind + writer.skip, saved: '' };
          let { saved } = writer;
          if (writer.skip > 0)
            saved = JSON.stringify({ ...JSON.parse(saved), r: JSON.parse(saved).r + writer.skip });
          committed.saved = saved;
          while (committed.behind < until) {
            ({ saved } = await writer.append(batch(committed.behind)));
            committed = { behind: committed.behind + 200, saved };
          }
        };
        for (let again = 0; again < 4; again += 1) {
          await expect(work(1e6)).rejects.toMatchObject({
            code: 'STG_WAREHOUSE_UNREACHABLE',
            next: expect.stringContaining('Free disk space'),
          });
        }
        expect(committed.behind).toBeGreaterThan(0);
        mount('-o', 'remount,size=64m', folder);
        await work(committed.behind + 2_000);
        const { rows } = await warehouse.query(
          'SELECT count(*) AS n, count(DISTINCT kafka_offset) AS places FROM events',
        );
        expect(rows).toEqual([{ n: committed.behind, places: committed.behind }]);
        await warehouse.close();
        const later = await owned(join(folder, 'w.duckdb'));
        expect((await later.openPartition(KEY, committed.saved)).skip).toBe(0);
        await later.close();
      } finally {
        unmount(folder);
      }
    });
  }, 60_000);
});

const noise = (length: number): string =>
  Array.from({ length: Math.ceil(length / 11) }, () => Math.random().toString(36).slice(2, 13)).join('');
