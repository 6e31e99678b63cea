import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createAdmin } from '../../src/server/admin.js';
import { type Listener, listen } from '../../src/server/listen.js';
import { CollectorMetrics } from '../../src/server/metrics.js';
import { openWarehouse } from '../../src/warehouse/open.js';
import { envelope, post, raw, start, stopAll } from './support/collector.js';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await stopAll();
  for (const close of open.splice(0)) await close();
});

async function admin(ready = true): Promise<Listener> {
  const warehouse = await openWarehouse('memory:', { mode: 'own' });
  await warehouse.applySchema(await warehouse.planSchema());
  const app = createAdmin({
    registry: new CollectorMetrics('3.0.0-test').registry,
    health: () => ({ ready, lag: 0 }),
    queries: { warehouse, token: () => 'token' },
  });
  const listener = await listen(app, { host: '127.0.0.1', port: 0 });
  open.push(
    () => listener.drain({ deadlineMs: 500 }),
    () => warehouse.close(),
  );
  return listener;
}

describe('the admin port', () => {
  it('has metrics and health', async () => {
    const { url } = await admin();
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('version=0.0.4');
    expect(await metrics.text()).toContain('stargate_build_info{version="3.0.0-test"');
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, lag: 0 });
    expect((await fetch(`${(await admin(false)).url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/v1/events`, { method: 'POST' })).status).toBe(404);
  });

  it('answers queries to who has the token, with the whole error', async () => {
    const { url } = await admin();
    const query = (sql: string, token = 'token') =>
      post(url, JSON.stringify({ sql }), { path: '/query', headers: { authorization: `Bearer ${token}` } });
    expect((await query('SELECT 1', 'wrong')).status).toBe(401);
    expect(await (await query('SELECT 1 AS n')).json()).toMatchObject({ rows: [{ n: 1 }], truncated: false });
    const refused = await query('DROP TABLE events');
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: 'STG_QUERY_REFUSED', got: expect.any(String) } },
    ]);
  });

  it('answers on loopback names only', async () => {
    const { port } = await admin();
    const ask = (host: string) =>
      raw(port, `GET /metrics HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect((await ask('127.0.0.1')).statuses).toEqual([200]);
    expect((await ask('rebound.example')).statuses).toEqual([403]);
  });
});

describe('metrics', () => {
  it('count answers, events and time', async () => {
    const { url, metrics } = await start();
    await post(url, envelope([{ name: 'a' }, { name: 'b', ts: 'x' }]));
    await post(url, '{');
    const text = await metrics.registry.metrics();
    expect(text).toContain('stargate_http_requests_total{code="202"} 1');
    expect(text).toContain('stargate_http_requests_total{code="400"} 1');
    // There before the first one: an alert could not see it grow otherwise.
    expect(text).toContain('stargate_http_requests_total{code="503"} 0');
    expect(text).toContain('stargate_events_received_total 2');
    expect(text).toContain('stargate_events_acknowledged_total 2');
    expect(text).toContain('stargate_events_rejected_total{reason="field_type"} 1');
    expect(text).toContain('stargate_ack_duration_seconds_count 1');
    expect(text).toMatch(/stargate_inflight_bytes \d/);
    expect(text).toMatch(/stargate_eventloop_utilization_ratio [01]/);
  });
});

describe('TLS', () => {
  it('takes events', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stargate-tls-'));
    open.push(async () => rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        '-days',
        '2',
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    const { listener } = await start({}, { tls: { cert: readFileSync(cert), key: readFileSync(key) } });
    expect(listener.url).toMatch(/^https:\/\/127\.0\.0\.1:/);
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        `${listener.url}/v1/events`,
        {
          method: 'POST',
          ca: readFileSync(cert),
          headers: { 'content-type': 'text/plain', connection: 'close' },
        },
        (answer) => resolve(answer.statusCode),
      );
      sent.on('error', reject);
      sent.end(envelope());
    });
    expect(status).toBe(202);
    // Who speaks plain HTTP to it is closed, and nothing breaks.
    expect(await raw(listener.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatchObject({ closed: true });
  });

  it('names a certificate that is none', async () => {
    await expect(start({}, { tls: { cert: 'no', key: 'no' } })).rejects.toMatchObject({
      code: 'STG_CONFIG_INVALID',
    });
  });
});
