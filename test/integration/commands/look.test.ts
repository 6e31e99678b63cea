/** `query` and `tail` beside a running dev, beside a running worker, and with nobody running. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, stargate, start as startCommand } from '../../helpers/cli.js';
import { eventually, type Running, start } from '../../helpers/running.js';
import { rows, send, stored, workingFolder } from './support.js';

const folder = workingFolder();
const dev = () => start(['dev', '--port', '0'], { cwd: folder() });
const query = (...args: string[]) => stargate(['query', ...args], { cwd: folder() });

async function sendAll({ ready }: Running, ...names: string[]): Promise<void> {
  for (const name of names) expect((await send(ready.collector!, name)).status).toBe(202);
}

/** dev, filled and stopped: the file belongs to nobody. */
async function filled(...names: string[]): Promise<void> {
  const running = await dev();
  await sendAll(running, ...names);
  expect(await running.stop()).toBe(0);
}

const NAMES = 'SELECT event_name AS name FROM events ORDER BY kafka_offset';

describe('query', () => {
  it('answers beside dev, beside a worker, and when nobody runs', async () => {
    const running = await dev();
    await sendAll(running, 'one');
    await stored(folder(), 1);
    expect(await running.stop()).toBe(0);
    expect(await rows(folder(), NAMES)).toEqual([{ name: 'one' }]);

    const collector = await start(
      ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'],
      { cwd: folder() },
    );
    const worker = await start(['worker', '--admin-port', '0'], { cwd: folder() });
    await sendAll(collector, 'two');
    await stored(folder(), 2);
    expect(await rows(folder(), NAMES)).toEqual([{ name: 'one' }, { name: 'two' }]);
    expect(await worker.stop()).toBe(0);
    expect(worker.stderr()).toContain('1 rows and 0 rejected rows stored since the start.');
  });

  it('prints tables, CSV that a spreadsheet may open, and JSON', async () => {
    await filled('a', 'b');
    const sql = `SELECT event_name AS name, 7 AS n, '=1+1' AS f, NULL AS nothing FROM events ORDER BY 1`;
    expect((await query(sql)).stdout).toBe('name  n  f     nothing\na     7  =1+1\nb     7  =1+1\n2 rows\n');
    expect((await query(sql, '--format', 'csv')).stdout).toBe(
      "name,n,f,nothing\r\na,7,'=1+1,\r\nb,7,'=1+1,\n",
    );
    const first = { name: 'a', n: 7, f: '=1+1', nothing: null };
    for (const flags of [['--format', 'json'], ['--json']])
      expect(JSON.parse((await query(sql, ...flags)).stdout).rows[0]).toEqual(first);
  });

  it('reads standard input, and says when it cut the rows', async () => {
    await filled('a', 'b', 'c');
    const { status, stdout, stderr } = await stargate(['query', '--max-rows', '2', '--format', 'csv'], {
      cwd: folder(),
      input: NAMES,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'name\r\na\r\nb\n' });
    expect(stderr).toContain('There are more rows: only the first 2 were taken.');
  });
});

describe('tail', () => {
  const follow = (...args: string[]) => startCommand(['tail', ...args], { cwd: folder() });
  const names = (text: string): string[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event_name);

  it('prints NDJSON: the newest events, then each one as it arrives, of one name where asked', async () => {
    const running = await dev();
    await sendAll(running, 'old', 'view', 'view');
    await stored(folder(), 3);
    const all = follow('--json', '--lines', '2');
    const some = follow('--json', '--event', 'sale');
    await all.saw('\n{');
    await sendAll(running, 'sale', 'view');
    await eventually(
      () => all.stdout().split('\n').length > 4,
      () => 'four events',
    );
    await eventually(
      () => some.stdout().includes('sale'),
      () => 'the sale',
    );
    for (const { child } of [all, some]) child.kill('SIGINT');
    expect(await all.ended).toMatchObject({ status: 0, stderr: '' });
    expect(names(all.stdout())).toEqual(['view', 'view', 'sale', 'view']);
    expect(names(some.stdout())).toEqual(['sale']);
    expect(await running.stop()).toBe(0);
  });

  it('goes on when dev is started again, and when it runs beside nobody', async () => {
    await filled('first');
    const tail = follow('--json');
    await tail.saw('first');
    const running = await dev();
    await sendAll(running, 'second');
    await tail.saw('second');
    await running.kill();
    const again = await dev();
    await sendAll(again, 'third');
    await tail.saw('third');
    tail.child.kill('SIGTERM');
    expect((await tail.ended).status).toBe(0);
    expect(names(tail.stdout())).toEqual(['first', 'second', 'third']);
  });

  it('ends when nobody reads it any more', async () => {
    await filled('a', 'b', 'c');
    const running = await dev();
    const script = '"$NODE" "$BIN" tail --json | head -1; echo "$PIPESTATUS"';
    const child = spawn('bash', ['-c', script], {
      cwd: folder(),
      env: { PATH: process.env.PATH, NODE: process.execPath, BIN: join(BIN) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    const closed = new Promise((resolve) => child.once('close', resolve));
    await eventually(
      () => said.includes('\n'),
      () => 'a line',
    );
    await sendAll(running, 'd', 'e');
    await closed;
    expect(said).toMatch(/^\{.*\}\n0\n$/);
  });
});
