/** The harness itself: a schedule that its seed replays, a ledger that is on disk first, a checker that misses nothing. */

import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { generator } from '../helpers/ledger.js';
import { readLedger } from '../helpers/ledger-file.js';
import { tempFolder } from '../helpers/log.js';
import { eventually } from '../helpers/running.js';
import { backAfter } from './harness/answers.js';
import { check, type Found, isClean } from './harness/check.js';
import { MENU, schedule } from './harness/nemesis.js';
import { Watch } from './harness/watch.js';

describe('a schedule', () => {
  const options = { strikes: 400, after: [0, 1_000], lasts: [100, 200] } as const;

  it('is the same for the same seed, and another for another', () => {
    expect(schedule(7, options)).toEqual(schedule(7, options));
    expect(schedule(7, options)).not.toEqual(schedule(8, options));
  });

  it('comes to everything on the menu, within its bounds', () => {
    const strikes = schedule(7, options);
    const all = Object.entries(MENU).flatMap(([part, faults]) => faults.map((fault) => `${part} ${fault}`));
    expect(new Set(strikes.map(({ part, fault }) => `${part} ${fault}`))).toEqual(new Set(all));
    for (const { after, lasts, which } of strikes) {
      expect(after).toBeLessThanOrEqual(1_000);
      expect(lasts).toBeGreaterThanOrEqual(100);
      expect(lasts).toBeLessThanOrEqual(200);
      expect(which).toBeLessThan(1);
    }
  });

  it('keeps to the parts and faults asked for', () => {
    const strikes = schedule(1, { ...options, parts: ['broker', 'worker'], faults: ['kill'] });
    expect(new Set(strikes.map(({ part, fault }) => `${part} ${fault}`))).toEqual(
      new Set(['broker kill', 'worker kill']),
    );
  });
});

describe('the ledger', () => {
  it('is on disk before anything is sent, and holds every answer', async () => {
    const file = join(await tempFolder(), 'ledger');
    let requests = 0;
    const unknown: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        const { sent } = readLedger(file);
        for (const { id } of JSON.parse(body).events) if (!sent.has(id)) unknown.push(id);
        const status = [202, 503, 202][requests++ % 3]!;
        response.writeHead(status, status === 503 ? { 'retry-after': '1' } : {}).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const load = generator({ run: 'r', senders: 3, batch: 2, perSecond: 200, file });
    load.target(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await eventually(
      () => requests >= 60,
      () => '60 requests',
    );
    await load.stop();
    server.close();
    expect(unknown).toEqual([]);
    const read = readLedger(file);
    expect(read).toEqual(load.ledger);
    expect(read.sent.size).toBe(requests * 2);
    expect(read.answers.get(202)).toBeGreaterThanOrEqual(40);
    expect(load.answers.filter(({ status }) => status === 503).every(({ retryAfter }) => retryAfter)).toBe(
      true,
    );
    expect(readFileSync(file, 'utf8')).toMatch(/^sent \d+ r-0-0-0 r-0-0-1$/m);
  });
});

describe('the checker', () => {
  const place = (id: string, offset: number) => ({ id, partition: 0, offset });
  const ids = ['r-0-0-0', 'r-0-1-0', 'r-0-2-0'];
  const ledger = { sent: new Set(ids), acknowledged: new Set(ids), answers: new Map([[202, 3]]) };
  const log = ids.map(place);
  const whole: Found = { log, rows: log, repeatedInView: 0, committed: new Map([[0, 3]]), spool: null };

  it('has nothing to say about what is whole', () => {
    expect(isClean(check(ledger, whole))).toBe(true);
  });

  it('says where the last trace is of what is lost', async () => {
    const spool = await tempFolder();
    mkdirSync(join(spool, '00'));
    writeFileSync(join(spool, '00', 'segment'), `{"event_id":"${ids[2]}"}`);
    const found = { ...whole, log: log.slice(0, 2), rows: [], committed: new Map([[0, 1]]), spool };
    const result = check({ ...ledger, acknowledged: new Set([...ids, 'r-1-0-0']) }, found);
    expect(result.lost).toEqual([
      { id: ids[0], where: 'consumer' },
      { id: ids[1], where: 'worker' },
      { id: ids[2], where: 'spool' },
      { id: 'r-1-0-0', where: 'log' },
    ]);
    expect(isClean(result)).toBe(false);
  });

  it('tells a record that became two rows from an event that became two records', () => {
    const twice = check(ledger, { ...whole, rows: [...log, place(ids[0]!, 0)] });
    expect(twice.doubledRows).toEqual(['0:0']);
    expect(isClean(twice)).toBe(false);
    const again = [...log, place(ids[0]!, 3)];
    const replayed = check(ledger, { ...whole, log: again, rows: again });
    expect(replayed.doubledEvents).toEqual([ids[0]]);
    expect(isClean(replayed)).toBe(true);
    expect(isClean(check(ledger, { ...whole, rows: again, repeatedInView: 1 }))).toBe(false);
  });

  it('finds what nobody has sent, and counts what is out of order', () => {
    const invented = check(ledger, { ...whole, rows: [...log, place('r-9-0-0', 3)] });
    expect(invented.phantoms).toEqual(['r-9-0-0']);
    const turned = check(ledger, {
      ...whole,
      rows: [place(ids[1]!, 0), place(ids[0]!, 1), place(ids[2]!, 2)],
    });
    expect(turned.disordered).toBe(1);
    expect(isClean(turned)).toBe(true);
  });
});

describe('the watch', () => {
  it('counts how long each partition waited, the one that still waits as well', async () => {
    const rows = new Map([
      [0, 1],
      [1, 1],
    ]);
    const watch = new Watch(() => new Map(rows), 5);
    await eventually(
      () => watch.rows === 2,
      () => 'two rows',
    );
    watch.begin(3);
    const began = performance.now();
    for (let count = 2; performance.now() - began < 300; count++) {
      rows.set(0, count);
      await sleep(10);
    }
    rows.set(1, 2);
    await eventually(
      () => watch.rows === rows.get(0)! + 2,
      () => 'the row of the second partition',
    );
    watch.end();
    const took = performance.now() - began;
    // The third has had no row at all.
    expect(watch.longestMs).toBeGreaterThanOrEqual(299);
    expect(watch.longestMs).toBeLessThanOrEqual(Math.ceil(took));
    expect(watch.p99Ms).toBe(watch.longestMs);
  });
});

describe('the way back', () => {
  const answer = (at: number, status: number) => ({ at, took: 5, status, retryAfter: false });

  it('ends with the last refusal, and never without a success', () => {
    expect(backAfter([answer(0, 202), answer(10, 503), answer(20, 202)], 0, 100)).toBe(15);
    expect(backAfter([answer(10, 202)], 0, 100)).toBe(0);
    expect(backAfter([answer(10, 503)], 0, 100)).toBe(Number.POSITIVE_INFINITY);
    // Of the next outage.
    expect(backAfter([answer(10, 202), answer(200, 503)], 0, 100)).toBe(0);
    expect(backAfter([answer(10, 202), { ...answer(90, 503), took: 10_000 }], 0, 100)).toBe(0);
  });
});
