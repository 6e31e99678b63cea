/** `serve` and `worker` as processes over a real broker: what a 2xx means while the broker is there, and while it is away. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../../helpers/needs.js';
import { eventually, type Running, start } from '../../helpers/running.js';
import { send } from '../commands/support.js';
import { emptied, metric, servingOver } from './serving.js';

describeWith('kafka', 'serve over Kafka', () => {
  const { folder, cluster, topic, serve, stored } = servingOver();

  it.each(['own', 'kafkajs'])(
    'stores in the topic by %s, and the worker makes rows of it, each once',
    async (driver) => {
      const url = await topic();
      const by = ['--kafka-driver', driver];
      const collector = await serve(url, ...by);
      for (let n = 0; n < 20; n++) expect((await send(collector.ready.collector!, `e${n}`)).status).toBe(202);
      // Where a broker takes longer than a second, on a busy machine, one goes there.
      expect(await metric(collector, 'stargate_events_spooled_total')).toBeLessThan(10);
      await emptied(collector);
      expect(await collector.stop()).toBe(0);
      expect((await stored(url, 20, ...by)).sort()).toEqual(
        Array.from({ length: 20 }, (_, n) => `e${n}`).sort(),
      );
    },
  );

  it('answers 202 from its spool while the broker is away, and carries everything over, once', async () => {
    const url = await topic();
    const collector = await serve(url);
    const { collector: at } = collector.ready;
    const sent = ['before'];
    expect((await send(at!, 'before')).status).toBe(202);
    await cluster().node(1).kill();
    try {
      for (let n = 0; n < 10; n++) {
        expect((await send(at!, `away${n}`)).status).toBe(202);
        sent.push(`away${n}`);
      }
      expect((await fetch(`${at}/readyz`)).status).toBe(200);
      expect(await metric(collector, 'stargate_spool_records')).toBeGreaterThan(0);
      // Nothing is lost with the process either: it finds its spool again, and the broker later.
      await collector.kill();
    } finally {
      await cluster().node(1).start();
    }
    const again = await serve(url);
    expect((await send(again.ready.collector!, 'after')).status).toBe(202);
    sent.push('after');
    await emptied(again);
    expect(await again.stop()).toBe(0);
    expect((await stored(url, sent.length)).sort()).toEqual(sent.sort());
  });

  it('tells the figures of a worker while the broker is away: all but the lag, which nobody can tell', async () => {
    const url = await topic();
    const worker = await start(['worker', '--log', url, '--admin-port', '0'], { cwd: folder() });
    const caughtUp = () =>
      eventually(
        async () => (await metric(worker, 'stargate_worker_lag_records')) === 0,
        () => `no lag; ${worker.stderr()}`,
      );
    await caughtUp();
    await cluster().node(1).kill();
    try {
      expect(await metric(worker, 'stargate_worker_rows_total')).toBe(0);
      expect(await metric(worker, 'stargate_worker_lag_records')).toBeNaN();
    } finally {
      await cluster().node(1).start();
    }
    await caughtUp();
    expect(await worker.stop()).toBe(0);
  });

  it('starts while the broker is away', async () => {
    const url = await topic();
    await cluster().node(1).kill();
    let collector: Running;
    try {
      collector = await serve(url);
      expect((await send(collector.ready.collector!, 'early')).status).toBe(202);
    } finally {
      await cluster().node(1).start();
    }
    await emptied(collector);
    expect(await collector.stop()).toBe(0);
    expect(await stored(url, 1)).toEqual(['early']);
  });

  it('with --ack log answers 503 with Retry-After while the broker is away, and 202 again behind it', async () => {
    const url = await topic();
    const collector = await serve(url, '--ack', 'log');
    const { collector: at } = collector.ready;
    expect((await send(at!, 'before')).status).toBe(202);
    await cluster().node(1).kill();
    try {
      const began = performance.now();
      const refused = await send(at!, 'refused');
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(performance.now() - began).toBeLessThan(12_000);
      await eventually(
        async () => (await fetch(`${at}/readyz`)).status === 503,
        () => 'readiness red',
      );
    } finally {
      await cluster().node(1).start();
    }
    await eventually(
      async () => (await send(at!, 'after')).status === 202,
      () => `202 again; ${collector.stderr()}`,
    );
    expect(await collector.stop()).toBe(0);
    const names = await stored(url, 2);
    expect(names).toContain('before');
    expect(names).toContain('after');
  });

  it('carries over what a process left that there are no more', async () => {
    const url = await topic();
    const spool = join(folder(), '.stargate', 'spool');
    const first = await serve(url, '--spool', spool);
    await cluster().node(1).kill();
    try {
      await eventually(
        async () => (await send(first.ready.collector!, 'left')).status === 202,
        () => 'an answer from the spool',
      );
      await first.kill();
      renameSync(join(spool, '00'), join(spool, '07'));
      writeFileSync(join(spool, 'README'), 'not a spool');
    } finally {
      await cluster().node(1).start();
    }
    const second = await serve(url, '--spool', spool);
    await emptied(second);
    expect(await second.stop()).toBe(0);
    expect(await stored(url, 1)).toEqual(['left']);
  });
});
