/** `replay` on this machine: from events_rejected, and from files, into the embedded log. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { ensureBuilt, stargate, start as startTyped } from '../../helpers/cli.js';
import { start } from '../../helpers/running.js';
import { rows, send, stored, workingFolder } from './support.js';

const folder = workingFolder();
const replay = (...args: string[]) => stargate(['replay', ...args], { cwd: folder() });
const dev = () => start(['dev', '--port', '0'], { cwd: folder() });
const events = () =>
  rows<Record<string, unknown>>(
    folder(),
    'SELECT event_id, event_name, source_id FROM events ORDER BY event_name',
  );

/** Rejected rows as a version with other rules would have left them. */
async function rejected(...raws: readonly string[]): Promise<void> {
  const running = await dev();
  expect((await send(running.ready.collector!, null)).status).toBe(202);
  expect(await running.stop()).toBe(0);
  const instance = await DuckDBInstance.create(join(folder(), '.stargate', 'warehouse.duckdb'));
  const connection = await instance.connect();
  for (const [offset, raw] of raws.entries())
    await connection.run(
      `INSERT INTO events_rejected (received_at, reason, source_id, raw, kafka_topic, kafka_partition, kafka_offset)
       VALUES ('2026-03-01T12:00:00Z', 'record_invalid', 'shop0', $1, 'old', 0, $2)`,
      [raw, BigInt(offset)],
    );
  connection.closeSync();
  instance.closeSync();
}

describe('replay', () => {
  it('takes rejected events in again that today’s rules accept, once, beside a running dev', async () => {
    await rejected('{"name":"view"}', '{"name":7}', '{"name":"sale","id":"own"}');
    const dry = await replay('--dry-run', '--json');
    expect(dry.status, dry.stderr).toBe(0);
    const counts = { read: 4, accepted: 2, refused: { event_not_object: 1, field_type: 1 } };
    expect(JSON.parse(dry.stdout)).toEqual({ sent: false, ...counts });
    expect(await replay()).toMatchObject({ status: 4, stdout: '' });

    const running = await dev();
    const sent = await replay('--yes');
    expect(sent.status, sent.stderr).toBe(0);
    expect(sent.stdout).toMatch(/^4 read, 2 sent to the log\. Still refused:\n {2}1 {2}/);
    await stored(folder(), 2);
    const expected = [
      { event_id: 'own', event_name: 'sale', source_id: 'shop0' },
      { event_id: 'rejected-old-0-0', event_name: 'view', source_id: 'shop0' },
    ];
    expect(await events()).toEqual(expected);
    // A second time the rows come again under the same ids, which events_deduped hides.
    expect((await replay('--yes', '--event', 'view')).stdout).toContain('1 sent');
    await stored(folder(), 3);
    expect(await rows(folder(), 'SELECT count(*) AS n FROM events_deduped')).toEqual([{ n: 2 }]);
    expect(await running.stop()).toBe(0);
  });

  it('takes all of them, though they be more text than one answer of the warehouse holds', async () => {
    const long = `{"name":"${'x'.repeat(60_000)}"}`;
    await rejected(...Array.from({ length: 600 }, () => long));
    const { stdout, stderr } = await replay('--dry-run', '--json');
    expect(JSON.parse(stdout), stderr).toMatchObject({ read: 601 });
  });

  it('takes a file, filtered and at a rate', async () => {
    const lines = Array.from({ length: 12 }, (_, n) =>
      JSON.stringify({ id: `e${n}`, name: n % 2 ? 'odd' : 'even' }),
    );
    const file = join(folder(), 'events.ndjson');
    writeFileSync(file, `${lines.join('\n')}\n\n{"broken":\n`);
    const began = performance.now();
    const sent = await replay(file, '--event', 'odd', '--rate', '3', '--source', 'shop0', '--yes', '--json');
    expect(sent.status, sent.stderr).toBe(0);
    expect(JSON.parse(sent.stdout)).toEqual({
      sent: true,
      read: 13,
      accepted: 6,
      refused: { event_not_object: 1 },
    });
    expect(performance.now() - began, 'six at three a second').toBeGreaterThan(1_900);
    const running = await dev();
    await stored(folder(), 6);
    expect(await running.stop()).toBe(0);
    expect((await events()).map(({ source_id }) => source_id)).toEqual(Array(6).fill('shop0'));
  });

  it('tells what was sent by then when it is interrupted, and does not end as if it were done', async () => {
    const file = join(folder(), 'many.ndjson');
    writeFileSync(file, '{"name":"slow"}\n'.repeat(30));
    await ensureBuilt();
    const running = startTyped(['replay', file, '--rate', '1', '--yes', '--json'], { cwd: folder() });
    await running.saw('30 read');
    running.child.kill('SIGINT');
    const { status, stdout, stderr } = await running.ended;
    expect(status, stderr).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ sent: true });
    expect(JSON.parse(stdout).accepted).toBeLessThan(30);
  });

  it('reads standard input, and says what it cannot read', async () => {
    const input = '{"name":"piped"}\n';
    const piped = await stargate(['replay', '-', '--dry-run'], { cwd: folder(), input });
    expect(piped).toMatchObject({ status: 0, stdout: '1 read, 1 can be sent.\n' });
    expect(await replay('nowhere.ndjson', '--dry-run')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('nowhere.ndjson'),
    });
    expect((await replay('--since', 'yesterday')).stderr).toContain('--since');
  });
});
