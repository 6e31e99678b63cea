import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { ShedControl, Turn } from '../../src/server/shed.js';
import { envelope, eventually, post, raw, start, stopAll } from './support/collector.js';

afterEach(stopAll);

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

describe('bytes in flight', () => {
  it('are bounded: 503 at once, before the body is here, and room again after the answers', async () => {
    const body = envelope([{ name: 'a', data_layer: { text: 'x'.repeat(900) } }]);
    const { url, log, collector, listener } = await start({ limits: { inflightBytes: 2_500 } });
    log.outcome = null;
    const waiting = [post(url, body), post(url, body)];
    await eventually(() => log.waiting === 2, 'two appends');
    const answer = await post(url, body);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await codeOf(answer)).toBe('STG_OVERLOADED');
    const early = await raw(
      listener.port,
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n',
      300,
    );
    expect(early.statuses).toEqual([503]);
    log.release();
    log.outcome = 'stored';
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(202);
    expect(collector.app.inflight.bytes).toBe(0);
    expect((await post(url, body)).status).toBe(202);
  });

  it('count chunked bodies as they arrive, and give back what a client that goes away had', async () => {
    const { collector, listener, url } = await start({ limits: { inflightBytes: 1_000 } });
    const head =
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n';
    const socket = connect(listener.port, '127.0.0.1');
    socket.write(`${head}320\r\n${' '.repeat(800)}\r\n`);
    await eventually(() => collector.app.inflight.bytes === 800, '800 bytes');
    expect((await post(url, ' '.repeat(300))).status).toBe(503);
    socket.destroy();
    await eventually(() => collector.app.inflight.bytes === 0, 'no bytes');
  });

  it('count what a body inflates to', async () => {
    const { url } = await start({ limits: { inflightBytes: 10_000 } });
    const body = gzipSync(envelope([{ name: 'a', data_layer: { text: 'x'.repeat(20_000) } }]));
    const answer = await post(url, body, { headers: { 'content-encoding': 'gzip' } });
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'STG_OVERLOADED']);
  });

  it('of the log count too, and nothing is appended meanwhile', async () => {
    const { url, log } = await start({ limits: { inflightBytes: 1_000 } });
    log.inflightBytes = 1_001;
    expect((await post(url, envelope())).status).toBe(503);
    expect((await fetch(`${url}/v1/p.gif?d=e30`)).status).toBe(503);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(log.appended).toEqual([]);
  });
});

describe('a client that goes away', () => {
  it('changes nothing: its events are stored', async () => {
    const { log, listener, metric, collector } = await start();
    log.outcome = null;
    const body = envelope();
    const socket = connect(listener.port, '127.0.0.1');
    socket.write(
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await eventually(() => log.waiting === 1, 'the append');
    socket.destroy();
    await eventually(async () => (await listener.connections()) === 0, 'no connection');
    log.release();
    await eventually(async () => (await metric('stargate_events_acknowledged_total')) === 1, 'acknowledged');
    expect(collector.app.inflight.bytes).toBe(0);
  });
});

describe('an early refusal', () => {
  it('reaches a client that is still sending', async () => {
    const { url } = await start();
    const sizes = [600_000, 3_000_000];
    for (const size of sizes) {
      const answer = await post(url, Buffer.alloc(size, 32));
      expect(answer.status).toBe(413);
      expect(await codeOf(answer)).toBe('STG_BODY_TOO_LARGE');
    }
  });

  it('keeps the connection for a small body', async () => {
    const { listener } = await start();
    const bad =
      'POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nabcde';
    const good = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect((await raw(listener.port, bad + good)).statuses).toEqual([404, 200]);
  });

  it('comes before 100-continue, which comes for what is wanted', async () => {
    const { listener } = await start();
    const body = envelope();
    const ask = (type: string) =>
      raw(listener.port, [
        `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
        body,
      ]);
    expect((await ask('text/plain')).statuses).toEqual([100, 202]);
    expect((await ask('text/html')).statuses).toEqual([415]);
  });
});

describe('rates', () => {
  it('are limited by address where that is asked for', async () => {
    const { url } = await start({
      trustedProxies: ['127.0.0.1'],
      limits: { perAddress: { perSecond: 0.001, burst: 2 } },
    });
    const from = (address: string) => post(url, envelope(), { headers: { 'x-forwarded-for': address } });
    expect((await from('203.0.113.1')).status).toBe(202);
    expect((await from('203.0.113.200')).status).toBe(202);
    const answer = await from('203.0.113.9');
    expect([answer.status, answer.headers.get('retry-after'), await codeOf(answer)]).toEqual([
      429,
      '1',
      'STG_RATE_LIMITED',
    ]);
    expect((await from('203.0.114.1')).status).toBe(202);
  });

  it('are limited by key where that is asked for', async () => {
    const { url } = await start({ limits: { perKey: { perSecond: 0.001, burst: 1 } } });
    expect((await post(url, envelope())).status).toBe(202);
    expect((await post(url, envelope())).status).toBe(429);
    expect((await post(url, envelope(undefined, 'pk_blog'))).status).toBe(202);
  });
});

describe('shedding', () => {
  const lateFor = (control: ShedControl, ticks: number, ms: number) => {
    for (let tick = 0; tick < ticks; tick++) control.observe(ms);
  };
  const refusedOf = (control: ShedControl, requests: number) => {
    let refused = 0;
    for (let request = 0; request < requests; request++) if (control.refuse()) refused++;
    return refused;
  };

  it('refuses nothing in time, and nothing for one pause', () => {
    const control = new ShedControl(400);
    lateFor(control, 100, 50);
    lateFor(control, 1, 2_000);
    expect(refusedOf(control, 1_000)).toBe(0);
  });

  it('grows while the loop is late, lets some in always, and ends soon after', () => {
    const control = new ShedControl(400);
    lateFor(control, 3, 500);
    expect(refusedOf(control, 1_000)).toBeCloseTo(400, -1);
    lateFor(control, 100, 500);
    expect(refusedOf(control, 1_000)).toBeCloseTo(950, -1);
    lateFor(control, 10, 0);
    expect(refusedOf(control, 1_000)).toBe(0);
  });
});

describe('a turn of the event loop', () => {
  const busyFor = (ms: number) => {
    for (const until = performance.now() + ms; performance.now() < until; );
  };

  it('refuses what it comes to behind its time, and the next one begins anew', async () => {
    let now = 60;
    const turn = new Turn(100, () => now);
    expect(turn.isOver()).toBe(false);
    now += 50;
    expect(turn.isOver()).toBe(false);
    now += 1;
    expect(turn.isOver()).toBe(true);
    await new Promise(setImmediate);
    expect(turn.isOver()).toBe(false);
  });

  it('gives a turn an eighth of the time behind one that was over, and all of it again behind one that was not', async () => {
    let now = 0;
    const turn = new Turn(80, () => now);
    /** Whether something that comes so many ms after the turn's beginning is too late. */
    const isLate = async (ms: number): Promise<boolean> => {
      expect(turn.isOver()).toBe(false);
      now += ms;
      const late = turn.isOver();
      await new Promise(setImmediate);
      return late;
    };
    expect(await isLate(40)).toBe(false);
    expect(await isLate(41)).toBe(true);
    expect(await isLate(11)).toBe(true);
    expect(await isLate(10)).toBe(false);
    expect(await isLate(40)).toBe(false);
  });

  it('answers 503 to what it cannot serve in time, and serves what comes later', async () => {
    const { listener, log, url } = await start({ limits: { lateMs: 100 } });
    const append = log.append.bind(log);
    let slow = true;
    log.append = (...args) => {
      if (slow) busyFor(120);
      slow = false;
      return append(...args);
    };
    const body = envelope();
    const request = `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    const sockets = Array.from({ length: 400 }, () => connect(listener.port, '127.0.0.1'));
    await eventually(async () => (await listener.connections()) === sockets.length, 'all connections');
    const answers = sockets.map(async (socket) => String((await once(socket, 'data'))[0]).slice(9, 12));
    // Ready all at once, they are one turn's work, of which the first takes too long.
    for (const socket of sockets) socket.write(request);
    const codes = await Promise.all(answers);
    expect(new Set(codes)).toEqual(new Set(['202', '503']));
    expect((await post(url, body)).status).toBe(202);
  });
});

describe('connections', () => {
  it('over the limit are dropped and counted', async () => {
    const { listener, metric } = await start({}, { maxConnections: 2 });
    const sockets = [connect(listener.port, '127.0.0.1'), connect(listener.port, '127.0.0.1')];
    await eventually(async () => (await listener.connections()) === 2, 'two connections');
    expect(await raw(listener.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')).toMatchObject({
      closed: true,
      statuses: [],
    });
    expect(await metric('stargate_connections_dropped_total')).toBe(1);
    for (const socket of sockets) socket.destroy();
  });
});

describe('drain', () => {
  it('answers what is under way, ends connections, and takes nothing new', async () => {
    const { url, log, listener } = await start();
    log.outcome = null;
    const waiting = Array.from({ length: 20 }, () => post(url, envelope()));
    await eventually(() => log.waiting === 20, 'twenty appends');
    const drained = listener.drain({ deadlineMs: 10_000 });
    await eventually(
      async () =>
        !(await fetch(`${url}/healthz`).then(
          () => true,
          () => false,
        )),
      'refusal',
    );
    log.release();
    for (const answer of await Promise.all(waiting)) {
      expect(answer.status).toBe(202);
      expect(answer.headers.get('connection')).toBe('close');
    }
    expect(await drained).toBe(0);
    expect(await listener.connections()).toBe(0);
  });

  it('goes on serving during the wait, with Connection: close', async () => {
    const { url, listener, collector } = await start();
    collector.startDraining();
    const drained = listener.drain({ waitMs: 300 });
    const answer = await post(url, envelope());
    expect([answer.status, answer.headers.get('connection')]).toEqual([202, 'close']);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect(await drained).toBe(0);
  });

  it('answers a request that is on its way on a connection that looked idle', async () => {
    const { listener } = await start();
    const socket = connect(listener.port, '127.0.0.1');
    const body = envelope();
    const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(head + body);
    await once(socket, 'data');
    const drained = listener.drain();
    await sleep(10);
    socket.write(head + body);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 202 .*\r\nconnection: close\r\n/is);
    expect(await drained).toBe(0);
  });

  it('gives up at the deadline and says how many were cut off', async () => {
    const { url, log, listener } = await start();
    log.outcome = null;
    const lost = post(url, envelope()).catch(() => 'cut');
    await eventually(() => log.waiting === 1, 'the append');
    const began = performance.now();
    expect(await listener.drain({ deadlineMs: 100 })).toBe(1);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(await lost).toBe('cut');
  });

  it('loses nothing under load: every request is answered or never began', async () => {
    const { url, log, listener } = await start();
    const outcomes: (number | 'refused')[] = [];
    let sent = 0;
    const clients = Array.from({ length: 16 }, async () => {
      for (;;) {
        sent++;
        const status = await post(url, envelope()).then(
          (answer) => answer.status,
          () => 'refused' as const,
        );
        outcomes.push(status);
        if (status === 'refused') return;
      }
    });
    await eventually(() => outcomes.length > 200, 'load');
    const cut = listener.drain({ waitMs: 100 });
    await Promise.all(clients);
    expect(await cut).toBe(0);
    const acknowledged = outcomes.filter((one) => one === 202).length;
    expect(outcomes.filter((one) => one !== 202 && one !== 'refused')).toEqual([]);
    expect(sent - acknowledged).toBe(16);
    expect(log.appended.length).toBe(acknowledged);
  });
});

describe('listen', () => {
  it('names the port that is taken', async () => {
    const { listener } = await start();
    await expect(start({}, { port: listener.port })).rejects.toMatchObject({ code: 'STG_PORT_TAKEN' });
  });

  it('closes an idle connection after its time and not before', async () => {
    const { listener } = await start({}, { timeouts: { keepAliveMs: 200 } });
    const began = performance.now();
    const answer = await raw(listener.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', 10_000);
    expect(answer.closed).toBe(true);
    expect(performance.now() - began).toBeGreaterThan(190);
    expect(answer.text).toContain('Keep-Alive: timeout=');
  });

  it('closes a connection on which an answer stands still', async () => {
    const { log, listener } = await start({}, { timeouts: { stalledMs: 150 } });
    log.outcome = null;
    const body = envelope();
    const answer = await raw(
      listener.port,
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      10_000,
    );
    expect(answer).toMatchObject({ closed: true, statuses: [] });
    await sleep(0);
  });
});
