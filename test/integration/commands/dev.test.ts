/** `dev` from its start to its end: one line, Ctrl-C once and twice, nothing left behind where that was asked for. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../helpers/cli.js';
import { eventually, start } from '../../helpers/running.js';
import { rows, send, stored, workingFolder } from './support.js';

const folder = workingFolder();
const DEV = ['dev', '--port', '0'];

describe('dev', () => {
  it('prints one line on stdout, drains on Ctrl-C, prints the sum, and removes its owner file', async () => {
    const dev = await start(DEV, { cwd: folder() });
    const { collector, ui, data } = dev.ready;
    expect(ui).toBe(`${collector}/`);
    expect(data).toBe('.stargate');
    const owner = join(folder(), '.stargate', 'warehouse.duckdb.owner.json');
    expect(existsSync(owner)).toBe(true);
    for (const name of ['a', 'b', null]) await send(collector!, name);
    expect(await dev.stop('SIGINT')).toBe(0);
    expect(dev.stdout().trim().split('\n')).toHaveLength(1);
    expect(dev.stderr()).toMatch(/3 received = 2 good \+ 1 bad \+ 0 in flight/);
    expect(dev.stderr()).toContain('Data kept in .stargate');
    expect(existsSync(owner)).toBe(false);
    expect(await rows(folder(), 'SELECT event_name AS name FROM events ORDER BY 1')).toEqual([
      { name: 'a' },
      { name: 'b' },
    ]);
  });

  it('ends at once on the second Ctrl-C, and --ephemeral leaves nothing even then', async () => {
    const temporary = join(folder(), 'tmp');
    mkdirSync(temporary);
    const env = { TMPDIR: temporary };
    const ephemeral = (...more: string[]) => start([...DEV, '--ephemeral', ...more], { cwd: folder(), env });

    const calm = await ephemeral();
    await send(calm.ready.collector!, 'a');
    expect(readdirSync(temporary)).toHaveLength(1);
    expect(await calm.stop('SIGINT')).toBe(0);
    expect(calm.stderr()).toContain('Nothing was kept.');
    expect(readdirSync(temporary)).toEqual([]);

    const hasty = await ephemeral('--drain-wait', '60s');
    hasty.signal('SIGINT');
    // The same key press may come twice, by npm; so the second one counts only after a moment.
    const again = setInterval(() => hasty.signal('SIGINT'), 100);
    expect((await hasty.ended).status).toBe(130);
    clearInterval(again);
    expect(readdirSync(temporary)).toEqual([]);
    expect(existsSync(join(folder(), '.stargate'))).toBe(false);
  });

  it('stores what a killed one had acknowledged', async () => {
    const first = await start(DEV, { cwd: folder() });
    expect((await send(first.ready.collector!, 'kept')).status).toBe(202);
    await first.kill();
    await start(DEV, { cwd: folder() });
    await stored(folder(), 1);
    expect(await rows(folder(), 'SELECT event_name AS name FROM events')).toEqual([{ name: 'kept' }]);
  });

  it('runs by npm start, with flags passed on', async () => {
    const data = join(folder(), 'npm-data');
    const npm = spawn('npm', ['start', '--silent', '--', '--port', '0', '--json', '--data', data], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: folder(), LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let [stdout, stderr] = ['', ''];
    npm.stdout.on('data', (text) => (stdout += text));
    npm.stderr.on('data', (text) => (stderr += text));
    const closed = new Promise((resolve) => npm.once('close', resolve));
    try {
      await eventually(
        () => stdout.includes('"event":"ready"'),
        () => `ready in ${stdout}${stderr}`,
      );
      const { collector } = JSON.parse(stdout);
      expect((await send(collector, 'hello')).status).toBe(202);
      // As a terminal does it: Ctrl-C goes to the whole group.
      process.kill(-npm.pid!, 'SIGINT');
      await closed;
      expect(stdout.trim().split('\n')).toHaveLength(1);
      expect(stderr).toContain('1 received = 1 good');
    } finally {
      if (npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid!, 'SIGKILL');
    }
  });
});
