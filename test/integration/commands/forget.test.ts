/** `forget` on this machine: a person out of DuckDB, the embedded log and the spool. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stargate } from '../../helpers/cli.js';
import { start } from '../../helpers/running.js';
import { expectFault, rows, stored, workingFolder } from './support.js';

const folder = workingFolder();
const ID = '1234567890.1700000000';
const forget = (...args: string[]) => stargate(['forget', ...args], { cwd: folder() });

async function post(collector: string, events: readonly unknown[], ids: object): Promise<void> {
  const body = JSON.stringify({ v: 1, k: 'dev', ctx: { ids }, events });
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const { status } = await fetch(`${collector}/v1/events`, { method: 'POST', headers, body });
  expect(status).toBe(202);
}

/** dev, filled with a person and another, and stopped. */
async function filled(): Promise<void> {
  const running = await start(['dev', '--port', '0'], { cwd: folder() });
  const { collector } = running.ready;
  await post(collector!, [{ name: 'view' }, { name: 'sale', data_layer: { n: 1 } }], {
    client_id: ID,
    user_id: 'u-773311',
  });
  await post(collector!, [{ name: 'other' }, { name: 'told', data_layer: { friend: ID } }], {
    client_id: '9.9',
  });
  await post(collector!, [{ name: 7, data_layer: { cid: ID } }], {});
  await stored(folder(), 4);
  expect(await running.stop()).toBe(0);
}

/** Whether any file of the log holds the text. */
function logHolds(text: string): boolean {
  const log = join(folder(), '.stargate', 'log');
  const files = readdirSync(log, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.log'),
  );
  return files.some((name) => readFileSync(join(log, name)).includes(text));
}
const names = () => rows<{ n: string }>(folder(), 'SELECT event_name AS n FROM events ORDER BY kafka_offset');

describe('forget', () => {
  it('counts first, wants the id typed, deletes everywhere, and leaves all others', async () => {
    await filled();
    expect(logHolds(ID)).toBe(true);
    const dry = await forget('--client-id', ID, '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toEqual({
      erased: false,
      warehouse: { events: 3, rejected: 1 },
      log: { erased: 4, waiting: 0 },
      spool: { erased: 0, waiting: 0 },
    });
    for (const flags of [['--yes'], ['--confirm', 'somebody else']])
      expect(await forget('--client-id', ID, ...flags)).toMatchObject({
        status: 4,
        stderr: expect.stringContaining('STG_CONFIRMATION_NEEDED'),
      });
    expect(await names()).toHaveLength(4);

    const done = await forget('--client-id', ID, '--confirm', ID);
    expect(done.status, done.stderr).toBe(0);
    expect(done.stdout).toMatch(/^Deleted: 3 events, 1 rejected event, 4 records of log and spool\.\n/);
    expect(done.stdout).toContain('keep their bytes until other rows take them');
    expect(await names()).toEqual([{ n: 'other' }]);
    expect(await rows(folder(), 'SELECT * FROM events_rejected')).toEqual([]);
    expect(logHolds(ID)).toBe(false);
    expect(logHolds('"user_pseudo_id":"9.9"')).toBe(true);
    expect((await forget('--client-id', ID, '--confirm', ID)).stdout).toContain('Deleted: 0 events');
  });

  it('leaves log and warehouse so that dev goes on behind them, and stores nothing twice', async () => {
    await filled();
    expect((await forget('--user-id', 'u-773311', '--confirm', 'u-773311')).stdout).toContain(
      'Deleted: 2 events',
    );
    const running = await start(['dev', '--port', '0'], { cwd: folder() });
    await post(running.ready.collector!, [{ name: 'next' }], { client_id: '9.9' });
    await stored(folder(), 3);
    expect(await running.stop()).toBe(0);
    expect((await names()).map(({ n }) => n)).toEqual(['other', 'told', 'next']);
  });

  it('leaves what is not stored yet, and says so', async () => {
    await filled();
    const flags = ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'];
    const collector = await start(flags, { cwd: folder() });
    await post(collector.ready.collector!, [{ name: 'late' }], { client_id: ID });
    expect(await collector.stop()).toBe(0);
    const run = await forget('--client-id', ID, '--confirm', ID);
    expect(run.status).toBe(3);
    expect(run.stdout).toContain('1 record of log and spool not stored yet.');
    expect(run.stderr).toContain('run the worker until it is done');
  });

  it('does not work on files that others own, nor for nobody', async () => {
    expectFault(await forget('--client-id', ''), 'STG_INPUT_MISSING', 2, 'Nobody is named.');
    const running = await start(['dev', '--port', '0'], { cwd: folder() });
    expectFault(await forget('--client-id', ID, '--confirm', ID), 'STG_WAREHOUSE_LOCKED', 1);
    expect(await running.stop()).toBe(0);
  });
});
