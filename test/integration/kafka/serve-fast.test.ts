/** `serve --ack fast` as a process over a real broker: what it promises less, and that it says what it has lost. */
import { expect, it } from 'vitest';
import { describeWith } from '../../helpers/needs.js';
import { eventually } from '../../helpers/running.js';
import { send } from '../commands/support.js';
import { metric, servingOver } from './serving.js';

describeWith('kafka', 'serve --ack fast', () => {
  const { cluster, topic, serve, stored } = servingOver();
  const names = (count: number) => Array.from({ length: count }, (_, n) => `e${n}`);

  it('answers from memory while the broker is away, stores when it is back, and flushes at the end', async () => {
    const url = await topic();
    const collector = await serve(url, '--ack', 'fast');
    expect(collector.stderr()).toMatch(/--ack fast answers 2xx before an event is stored/);
    const at = collector.ready.collector!;
    expect((await send(at, 'e0')).status).toBe(202);
    cluster().node(1).stop();
    try {
      for (const name of names(20).slice(1)) {
        const begin = performance.now();
        expect((await send(at, name)).status).toBe(202);
        // No producer answers within this time while its broker stands still.
        expect(performance.now() - begin).toBeLessThan(1_500);
      }
      expect(await metric(collector, 'stargate_inflight_bytes')).toBeGreaterThan(0);
    } finally {
      cluster().node(1).cont();
    }
    // What is still in memory then is stored before the end.
    expect((await send(at, 'e20')).status).toBe(202);
    expect(await metric(collector, 'stargate_events_lost_total{state="not_stored"}')).toBe(0);
    expect(await collector.stop()).toBe(0);
    expect(collector.stderr()).not.toContain('not stored');
    expect((await stored(url, 21)).toSorted()).toEqual(names(21).toSorted());
  });

  it('ends with 1 and the number of events that it could not store', async () => {
    const url = await topic();
    const collector = await serve(url, '--ack', 'fast');
    expect((await send(collector.ready.collector!, 'before')).status).toBe(202);
    await eventually(
      async () => (await metric(collector, 'stargate_inflight_bytes')) === 0,
      () => 'the first event stored',
    );
    await cluster().node(1).kill();
    try {
      for (const name of names(7)) expect((await send(collector.ready.collector!, name)).status).toBe(202);
      expect(await collector.stop()).toBe(1);
      expect(collector.stderr()).toContain('7 events were answered with success and not stored');
      expect(collector.stderr()).toContain('"event":"events_lost"');
    } finally {
      await cluster().node(1).start();
    }
    expect(await stored(url, 1)).toEqual(['before']);
  });
});
