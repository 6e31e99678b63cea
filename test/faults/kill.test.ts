/** kill -9 of dev, serve and worker under load, again and again: nothing acknowledged is lost, no row is there twice. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stargate } from '../helpers/cli.js';
import { type Generator, generator, judge } from '../helpers/ledger.js';
import { endAll, type Running, start } from '../helpers/running.js';

const ROUNDS = 20;

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'stargate-kill-'));
});
afterEach(async () => {
  await endAll();
  rmSync(data, { recursive: true, force: true });
});

/** A pause that hits another place in the work each time. */
const lifetime = (round: number) => sleep(80 + ((round * 137) % 420));

const log = () => `embedded:${join(data, 'log')}`;
const warehouse = () => `duckdb:${join(data, 'warehouse.duckdb')}`;
const serve = () =>
  start([
    'serve',
    '--config',
    config(),
    '--port',
    '0',
    '--admin-port',
    'off',
    '--workers',
    '1',
    '--drain-wait',
    '0',
    '--log',
    log(),
  ]);
const worker = () => start(['worker', '--admin-port', '0', '--log', log(), '--warehouse', warehouse()]);

function config(): string {
  const file = join(data, 'stargate.json');
  const source = { id: 'dev', kind: 'browser', key: 'dev', origins: ['https://shop.example'] };
  writeFileSync(file, JSON.stringify({ sources: [source] }));
  return file;
}

async function storedIds(): Promise<Map<string, number>> {
  const sql = 'SELECT event_id, count(*) AS n FROM events GROUP BY event_id';
  const answer = await stargate([
    'query',
    sql,
    '--warehouse',
    warehouse(),
    '--format',
    'json',
    '--max-rows',
    '10000000',
  ]);
  expect(answer.stderr).toBe('');
  return new Map(
    (JSON.parse(answer.stdout).rows as { event_id: string; n: number }[]).map(({ event_id, n }) => [
      event_id,
      n,
    ]),
  );
}

/** Polls until the rows hold everything acknowledged, or 30 s have passed; then judges. */
async function verdict(load: Generator) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = judge(load.ledger, await storedIds());
    if (found.lost.length === 0 || Date.now() > deadline) return found;
    await sleep(200);
  }
}

const CLEAN = { lost: [], duplicates: [], phantoms: [] };

describe(`kill -9 under load, ${ROUNDS} times`, () => {
  it('of dev', async () => {
    const load = generator({ run: 'dev' });
    const run = () => start(['dev', '--port', '0', '--data', data]);
    for (let round = 0; round < ROUNDS; round++) {
      const dev = await run();
      load.target(dev.ready.collector!);
      await lifetime(round);
      await dev.kill();
    }
    await load.stop();
    await run();
    expect(load.ledger.acknowledged.size).toBeGreaterThan(1_000);
    expect(await verdict(load)).toEqual(CLEAN);
  });

  it('of serve, beside a running worker', async () => {
    const load = generator({ run: 'serve' });
    let collector: Running = await serve();
    await worker();
    for (let round = 0; round < ROUNDS; round++) {
      load.target(collector.ready.collector!);
      await lifetime(round);
      await collector.kill();
      collector = await serve();
    }
    await load.stop();
    expect(load.ledger.acknowledged.size).toBeGreaterThan(1_000);
    expect(await verdict(load)).toEqual(CLEAN);
  });

  it('of worker, beside a running serve', async () => {
    const load = generator({ run: 'worker' });
    const collector = await serve();
    load.target(collector.ready.collector!);
    for (let round = 0; round < ROUNDS; round++) {
      const consumer = await worker();
      await lifetime(round);
      await consumer.kill();
    }
    await load.stop();
    await worker();
    expect(load.ledger.acknowledged.size).toBeGreaterThan(1_000);
    expect(await verdict(load)).toEqual(CLEAN);
  });
});

describe('the judge', () => {
  it('finds what is lost, doubled and never sent', () => {
    const ledger = { sent: new Set(['a', 'b', 'c']), acknowledged: new Set(['a', 'b']), answers: new Map() };
    const stored = new Map([
      ['a', 2],
      ['z', 1],
    ]);
    expect(judge(ledger, stored)).toEqual({ lost: ['b'], duplicates: ['a'], phantoms: ['z'] });
  });
});
