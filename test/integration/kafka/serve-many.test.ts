/** `serve` with several processes over a real broker: one sum of metrics, one end, and a topic that is not there. */
import { describe, expect, it } from 'vitest';
import { stargate } from '../../helpers/cli.js';
import { parseExposition } from '../../helpers/exposition.js';
import { describeWith } from '../../helpers/needs.js';
import { eventually, type Running } from '../../helpers/running.js';
import { expectFault, send } from '../commands/support.js';
import { emptied, metric, SERVE, servingOver } from './serving.js';

describeWith('kafka', 'serve by several processes', () => {
  const { folder, cluster, topic, serve, stored } = servingOver();

  describe('a topic that does not exist', () => {
    it.each([
      ['1', 'spool'],
      ['1', 'log'],
      ['auto', 'spool'],
      ['3', 'spool'],
    ])('--workers %s --ack %s: ends at once, and names setup', async (workers, ack) => {
      const url = `kafka://${cluster().brokers.join()}/missing-topic`;
      const begin = performance.now();
      const run = await stargate([...SERVE, '--log', url, '--workers', workers, '--ack', ack], {
        cwd: folder(),
      });
      expectFault(run, 'STG_LOG_TOPIC_MISSING', 1, 'no topic missing-topic', 'stargate setup');
      expect(run.stderr.match(/✗/g)).toHaveLength(1);
      expect(performance.now() - begin).toBeLessThan(10_000);
    });
  });

  const METRICS = [
    ...['http_requests_total', 'ack_duration_seconds', 'events_received_total', 'events_acknowledged_total'],
    ...['events_rejected_total', 'events_spooled_total', 'inflight_bytes', 'spool_bytes', 'spool_max_bytes'],
    ...['spool_records', 'spool_oldest_age_seconds', 'producer_errors_total', 'producer_requests_total'],
    ...['producer_batches_total', 'producer_resends_total', 'producer_bytes_total', 'build_info'],
    'eventloop_utilization_ratio',
  ];

  it('adds up the metrics of producer and spool over two processes', async () => {
    const url = await topic();
    const running = await serve(url, '--workers', '2', '--spool-max', '512MiB');
    const at = running.ready.collector!;
    for (let n = 0; n < 12; n++) expect((await send(at, `e${n}`)).status).toBe(202);
    // What was sent by all: no process has a batch for each of them.
    expect(await metric(running, 'stargate_producer_batches_total')).toBe(12);
    expect(await metric(running, 'stargate_producer_requests_total')).toBe(12);
    expect(await metric(running, 'stargate_producer_resends_total')).toBe(0);
    expect(await metric(running, 'stargate_producer_bytes_total')).toBeGreaterThan(12 * 100);
    expect(await metric(running, 'stargate_spool_max_bytes')).toBe(512 * 2 ** 20);
    expect(await metric(running, 'stargate_spool_bytes')).toBe(0);
    cluster().node(1).stop();
    try {
      for (let n = 12; n < 24; n++) expect((await send(at, `e${n}`)).status).toBe(202);
      const [records, bytes] = [
        await metric(running, 'stargate_spool_records'),
        await metric(running, 'stargate_spool_bytes'),
      ];
      expect(records).toBe(12);
      expect(bytes).toBeGreaterThan(12 * 200);
      expect(bytes).toBeLessThan(12 * 5_000);
      await eventually(
        async () => (await metric(running, 'stargate_producer_errors_total{kind="UNANSWERED"}')) > 0,
        () => `an answer that did not come; ${running.stderr()}`,
      );
    } finally {
      cluster().node(1).cont();
    }
    await emptied(running);
    expect(await metric(running, 'stargate_spool_bytes')).toBe(0);
    expect(await metric(running, 'stargate_producer_resends_total')).toBeGreaterThan(0);
    const text = await (await fetch(`${running.ready.admin}/metrics`)).text();
    const families = parseExposition(text.replace(/\n\n/g, '\n'));
    for (const name of METRICS) expect([...families.keys()]).toContain(`stargate_${name}`);
    expect(await running.stop()).toBe(0);
    expect((await stored(url, 24)).toSorted()).toEqual(
      Array.from({ length: 24 }, (_, n) => `e${n}`).toSorted(),
    );
  });

  it('is not ready where none of them can store, and says of how many that is so', async () => {
    const running = await serve(await topic(), '--workers', '2', '--ack', 'log');
    const says = (status: number, storing: number) =>
      eventually(
        async () => {
          const answer = await fetch(`${running.ready.admin}/readyz`);
          const figures = (await answer.json()) as { serving: number; storing: number };
          return answer.status === status && figures.serving === 2 && figures.storing === storing;
        },
        () => `${status}, ${storing} storing; ${running.stderr()}`,
      );
    await says(200, 2);
    await cluster().node(1).kill();
    try {
      await says(503, 0);
    } finally {
      await cluster().node(1).start();
    }
    await says(200, 2);
    expect(await running.stop()).toBe(0);
  });

  describe('an end while the broker does not answer', () => {
    /** Two processes, and ten events that their spools hold. */
    async function spooling(url: string): Promise<Running> {
      const running = await serve(url, '--workers', '2');
      cluster().node(1).stop();
      for (let n = 0; n < 10; n++) expect((await send(running.ready.collector!, `e${n}`)).status).toBe(202);
      return running;
    }

    it('in time: exit 0, and how many wait; the next start carries them over', async () => {
      const url = await topic();
      const running = await spooling(url);
      try {
        const begin = performance.now();
        expect(await running.stop()).toBe(0);
        expect(performance.now() - begin).toBeLessThan(10_000);
        expect(running.stderr()).toMatch(/10 events wait in the spool \(.*spool\); the next start/);
      } finally {
        cluster().node(1).cont();
      }
      const next = await serve(url, '--workers', '2');
      await emptied(next);
      expect(await next.stop()).toBe(0);
      expect(next.stderr()).not.toContain('wait in the spool');
      // A copy whose outcome the first processes never learnt may stand there twice.
      expect(new Set(await stored(url, 10))).toEqual(new Set(Array.from({ length: 10 }, (_, n) => `e${n}`)));
    });

    it('past the hard deadline: exit 1, what was cut off, and how many wait', async () => {
      const url = await topic();
      const running = await spooling(url);
      const body = new ReadableStream({
        async pull(controller) {
          // A client that never comes to its end, and never stands still.
          await new Promise((resolve) => setTimeout(resolve, 200));
          controller.enqueue(Buffer.from(' '));
        },
      });
      const endless = fetch(`${running.ready.collector}/v1/events`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
        ...({ duplex: 'half' } as object),
      });
      const cut = expect(endless).rejects.toThrow();
      try {
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(await running.stop()).toBe(1);
        await cut;
        expect(running.stderr()).toContain('1 request was cut off at the deadline');
        expect(running.stderr()).toMatch(/10 events wait in the spool/);
      } finally {
        cluster().node(1).cont();
      }
    });
  });
});
