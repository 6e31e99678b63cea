/** kill -9 of dev, serve and worker under load, again and again: nothing acknowledged is lost, no row is there twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generator, judge } from '../helpers/ledger.js';
import type { Running } from '../helpers/running.js';
import { Embedded } from './harness/embedded.js';

const ROUNDS = 20;

let stage: Embedded;
beforeEach(() => {
  stage = new Embedded();
});
afterEach(() => stage.close());

/** A pause that hits another place in the work each time. */
const lifetime = (round: number) => sleep(80 + ((round * 137) % 420));

const CLEAN = { lost: [], duplicates: [], phantoms: [] };

describe(`kill -9 under load, ${ROUNDS} times`, () => {
  it('of dev', async () => {
    const load = generator({ run: 'dev' });
    for (let round = 0; round < ROUNDS; round++) {
      const dev = await stage.dev();
      load.target(dev.ready.collector!);
      await lifetime(round);
      await dev.kill();
    }
    await load.stop();
    await stage.dev();
    expect(load.ledger.acknowledged.size).toBeGreaterThan(1_000);
    expect(await stage.verdict(load)).toEqual(CLEAN);
  });

  it('of serve, beside a running worker', async () => {
    const load = generator({ run: 'serve' });
    let collector: Running = await stage.serve();
    await stage.worker();
    for (let round = 0; round < ROUNDS; round++) {
      load.target(collector.ready.collector!);
      await lifetime(round);
      await collector.kill();
      collector = await stage.serve();
    }
    await load.stop();
    expect(load.ledger.acknowledged.size).toBeGreaterThan(1_000);
    expect(await stage.verdict(load)).toEqual(CLEAN);
  });

  it('of worker, beside a running serve', async () => {
    const load = generator({ run: 'worker' });
    const collector = await stage.serve();
    load.target(collector.ready.collector!);
    for (let round = 0; round < ROUNDS; round++) {
      const consumer = await stage.worker();
      await lifetime(round);
      await consumer.kill();
    }
    await load.stop();
    await stage.worker();
    expect(load.ledger.acknowledged.size).toBeGreaterThan(1_000);
    expect(await stage.verdict(load)).toEqual(CLEAN);
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
