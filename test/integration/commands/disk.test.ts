/** Damage on the disk, and a disk that is full: events that can be stored are, and what was acknowledged stays. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, start } from '../../helpers/running.js';
import { rows, send, stored, workingFolder } from './support.js';

const folder = workingFolder();
const SERVE = ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'];
const names = async () =>
  (await rows<{ name: string }>(folder(), 'SELECT event_name AS name FROM events ORDER BY kafka_offset')).map(
    ({ name }) => name,
  );

describe('a segment with flipped bytes in the middle', () => {
  it('costs the record they are in, is told on stderr, and no other', async () => {
    const collector = await start(SERVE, { cwd: folder() });
    for (const name of ['before', 'damaged_one', 'behind']) await send(collector.ready.collector!, name);
    await collector.kill();
    const partition = join(folder(), '.stargate', 'log', '00000');
    const segment = join(partition, readdirSync(partition).find((name) => name.endsWith('.log'))!);
    const bytes = readFileSync(segment);
    bytes.fill(0xff, bytes.indexOf('damaged_one'), bytes.indexOf('damaged_one') + 4);
    writeFileSync(segment, bytes);

    const dev = await start(['dev', '--port', '0'], { cwd: folder() });
    await send(dev.ready.collector!, 'later');
    await stored(folder(), 3);
    expect(await names()).toEqual(['before', 'behind', 'later']);
    expect(dev.stderr()).toMatch(/! .*(damage|corrupt|kept aside|bytes)/i);
    expect(await dev.stop()).toBe(0);
  });
});

/** A disk of its own of a few MiB, for root on Linux. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe.skipIf(!canMount)('a full disk [root on Linux]', () => {
  it('answers 503 with Retry-After, and resumes; what was acknowledged is stored, and dev stays up', async (test) => {
    const disk = join(folder(), 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'stargate-test', disk]);
    } catch {
      test.skip('this root may not mount');
    }
    try {
      const data = join(disk, 'data');
      const dev = await start(['dev', '--port', '0', '--data', data], { cwd: folder() });
      const { collector } = dev.ready;
      const over = dev.ended.then((end) => Promise.reject(new Error(`dev ended: ${JSON.stringify(end)}`)));
      over.catch(() => {});
      expect((await send(collector!, 'first')).status).toBe(202);
      let acknowledged = 1;
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, Buffer.alloc(1));
      try {
        for (;;) writeFileSync(ballast, Buffer.alloc(256 * 1024), { flag: 'a' });
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
      const refused = await eventually(
        async () => {
          const answer = await send(collector!, 'while_full').catch(() => over);
          if (answer.status === 202) acknowledged++;
          return answer.status === 202 ? null : answer;
        },
        () => 'a refusal',
        over,
      );
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      // Long enough for the worker to commit its position in the background, which is refused as well.
      await eventually(
        () => /"event":"commit_retry"/.test(dev.stderr()),
        () => `a commit tried again in ${dev.stderr()}`,
        over,
      );
      rmSync(ballast);
      await eventually(
        async () => (await send(collector!, 'after')).status === 202,
        () => '202 again',
        over,
      );
      acknowledged++;
      const asked = { method: 'POST', body: JSON.stringify({ sql: 'SELECT count(*) AS n FROM events' }) };
      await eventually(
        async () => {
          const answer = await fetch(`${collector}/dev/query`, {
            ...asked,
            headers: { 'content-type': 'application/json' },
          });
          return answer.status === 200 && (await answer.json()).rows[0].n >= acknowledged;
        },
        () => `${acknowledged} rows; ${dev.stderr()}`,
      );
      expect(await dev.stop()).toBe(0);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
