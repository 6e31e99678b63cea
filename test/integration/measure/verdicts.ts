/** What a run concludes, whose fault errors are, and when it stops. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { loadtest } from '../../../src/measure/load/run.js';
import { BIN, ensureBuilt, stargate, start } from '../../helpers/cli.js';
import { endTargets, measure, startBusy, startTarget, target } from '../../helpers/load.js';
import { endAll, start as startCommand } from '../../helpers/running.js';

const clean = async () => {
  await endTargets();
  await endAll();
};

const codes = ({ notes }: { notes: readonly { code: string }[] }) => notes.map(({ code }) => code);

describe.concurrent('errors by layer', () => {
  afterAll(clean);

  it('dropped connections are resets, one for each', async () => {
    const { url, seen } = await target({ kind: 'drop', nth: 50 });
    const { report, status } = await measure(url, '--rate', '1000', '--duration', '2s', '--slo', 'errors<1%');
    const { requests } = await seen();
    expect(report.totals.errors).toEqual({ reset: Math.floor(requests / 50) });
    expect(report.totals).toMatchObject({ planned: 2000, failed: 40, codes: { 202: 1960 } });
    expect(report.objectives[0]).toMatchObject({ whole: 0.02 });
    expect(report.objectives[0]!.state).not.toBe('met');
    expect([3, 5]).toContain(status);
  });

  it('silence is a timeout, and counts with the time that it lasted', async () => {
    const { url } = await target({ kind: 'silent', nth: 20 });
    const { report } = await measure(url, '--rate', '200', '--duration', '2s', '--timeout', '700ms');
    expect(report.totals.errors).toEqual({ timeout: 20 });
    expect(report.latency.whole.response.count).toBe(400);
    expect(report.latency.whole.response.p99).toBeGreaterThanOrEqual(700);
  });

  it('what the drain limit cuts off is unfinished, not left out', async () => {
    const { url } = await target({ kind: 'fixed', ms: 3000 });
    const { report } = await measure(
      url,
      '--rate',
      '100',
      '--duration',
      '1s',
      '--timeout',
      '2s',
      '--connections',
      '4',
    );
    const { timeout = 0, unfinished = 0 } = report.totals.errors;
    expect(timeout + unfinished).toBe(100);
    expect(unfinished).toBeGreaterThan(80);
    expect(report.latency.whole.response.count).toBe(100);
    expect(report.latency.whole.response.p50).toBeGreaterThan(2000);
  });

  it('a closed port, a wrong protocol, a wrong name', async () => {
    const socket = createServer().listen(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address() as { port: number };
    socket.close();
    const { url: plain } = await target({ kind: 'fast' });
    const { url: garbage } = await target({ kind: 'garbage' });
    const errors = async (url: string) => {
      const report = await loadtest({
        ...{
          url,
          curve: { kind: 'constant', rate: 50, durationMs: 400 },
          connections: 2,
          timeoutMs: 3000,
          workers: 1,
        },
        ...{ payload: { kind: 'raw', body: Buffer.from('{}') }, payloadText: 'raw body' },
      });
      expect(report).toMatchObject({
        exitCode: expect.any(Number),
        totals: { planned: 20, failed: 20, answered: 0 },
      });
      return Object.keys(report.totals.errors);
    };
    expect(await errors(`http://127.0.0.1:${port}`)).toEqual(['connect']);
    expect(await errors(plain.replace('http:', 'https:'))).toEqual(['tls']);
    expect(await errors(garbage)).toEqual(['protocol']);
    expect(await errors('http://no-such-name.invalid')).toEqual(['dns']);
  });

  it('statuses are counted as they come, and only 2xx is a success', async () => {
    const { url } = await target({ kind: 'status', code: 500 });
    const { report, status } = await measure(url, '--rate', '100', '--duration', '2s');
    expect(report.totals).toMatchObject({ codes: { 500: 200 }, failed: 200, errors: {} });
    expect([1, 5]).toContain(status);
  });
});

describe('verdicts', () => {
  afterEach(clean);

  const pinned = ['taskset', '-c', '0'];
  const canPin = (() => {
    try {
      execFileSync('taskset', ['-c', '0', 'true']);
      return true;
    } catch {
      return false;
    }
  })();

  it.runIf(canPin)('a client without CPU is the limit, and no objective passes', async () => {
    await ensureBuilt();
    const { url } = await target({ kind: 'fast' });
    for (let n = 0; n < 3; n++) startBusy(pinned);
    const args = [
      BIN,
      'loadtest',
      url,
      '--rate',
      '4000',
      '--duration',
      '4s',
      '--slo',
      'p99<60s',
      '--slo',
      'errors<50%',
      '--json',
    ];
    let printed = '';
    let status = 0;
    try {
      execFileSync(pinned[0]!, [...pinned.slice(1), process.execPath, ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      ({ stdout: printed, status } = error as { stdout: string; status: number });
    }
    const report = JSON.parse(printed);
    expect(report).toMatchObject({ verdict: 'client-limited', exitCode: 5 });
    expect(status).toBe(5);
    expect(report.objectives.map(({ state }: { state: string }) => state)).not.toContain('met');
    expect(report.slo.every(({ met }: { met: boolean }) => !met)).toBe(true);
  });

  it('too few connections are this machine’s limit too', async () => {
    const { url } = await target({ kind: 'fixed', ms: 20 });
    const { report, status } = await measure(
      url,
      '--rate',
      '1000',
      '--duration',
      '4s',
      '--connections',
      '4',
      '--timeout',
      '2s',
      '--slo',
      'p99<60s',
    );
    expect(report.verdict).toBe('client-limited');
    expect(status).toBe(5);
    expect(report.objectives[0]!.state).toBe('not-judged');
    expect(codes(report)).toContain('backlog');
  });

  it('a target that serves one after another is the limit itself', async () => {
    const { url } = await target({ kind: 'serial', ms: 2 });
    const { report } = await measure(
      url,
      '--rate',
      '800',
      '--duration',
      '4s',
      '--timeout',
      '2s',
      '--slo',
      'p99<100ms',
    );
    expect(report.totals.achieved).toBeLessThan(560);
    expect(report.totals.achieved).toBeGreaterThan(300);
    expect(report.objectives[0]!.state).not.toBe('met');
    // Only what is due to others on this machine may make it the client's.
    if (report.verdict !== 'target-limited') expect(report.latency.whole.lag.p99).toBeGreaterThan(3);
    else expect(report.exitCode).toBe(3);
  });

  it('the highest rate that meets an objective is found', async () => {
    const { url } = await target({ kind: 'serial', ms: 2 });
    const { report } = await measure(
      url,
      '--find-max',
      '--rate',
      '200',
      '--duration',
      '1s',
      '--timeout',
      '1s',
      '--slo',
      'p90<150ms',
    );
    const { search } = report;
    expect(search!.length).toBeGreaterThan(2);
    const best = Math.max(0, ...search!.filter(({ state }) => state === 'met').map(({ rate }) => rate));
    // A request takes 2 ms and a timer: about 400/s is what the target can do, whatever this machine is busy with.
    expect(best).toBeLessThan(600);
    if (best > 0) expect(report.totals.offered).toBeCloseTo(best, -1);
    else expect(search!.some(({ state }) => state === 'not-judged')).toBe(true);
  });
});

describe.concurrent('stopping', () => {
  afterAll(clean);

  it('Ctrl-C prints what was measured, and ends with 130', async () => {
    await ensureBuilt();
    const { url } = await target({ kind: 'fast' });
    const running = start([
      'loadtest',
      url,
      '--rate',
      '200',
      '--duration',
      '60s',
      '--workers',
      '2',
      '--json',
    ]);
    await running.saw('offered');
    running.child.kill('SIGINT');
    const { status, stdout } = await running.ended;
    const report = JSON.parse(stdout);
    expect(status).toBe(130);
    expect(codes(report)).toContain('interrupted');
    expect(report.totals.answered).toBeGreaterThan(100);
    expect(report.window.toMs).toBeLessThan(30_000);
    expect(Math.abs(report.totals.planned - (report.window.toMs / 1000) * 200)).toBeLessThan(100);
  });

  it('--abort-on-fail ends when an objective is missed', async () => {
    const { url } = await target({ kind: 'status', code: 503 });
    const began = performance.now();
    const { report } = await measure(
      url,
      '--rate',
      '500',
      '--duration',
      '60s',
      '--slo',
      'errors<1%',
      '--abort-on-fail',
    );
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(codes(report)).toContain('stopped');
    // Unless others on this machine made it late meanwhile.
    if (report.verdict !== 'client-limited') expect(report.objectives[0]!.state).toBe('missed');
  });

  it('a target that asks for less, ten seconds long, is left alone', async () => {
    const { url } = await target({ kind: 'status', code: 429, headers: { 'retry-after': '5' } });
    const { report } = await measure(url, '--rate', '50', '--duration', '60s');
    expect(codes(report)).toEqual(expect.arrayContaining(['shed', 'stopped']));
    expect(report.window.toMs).toBeGreaterThan(9000);
    expect(report.window.toMs).toBeLessThan(16_000);
  });
});

describe('verification', () => {
  afterEach(clean);

  it('finds what a collector lost, and what it stored twice', async () => {
    const dev = await startCommand(['dev', '--port', '0', '--ephemeral']);
    const load = ['--rate', '100', '--duration', '2s', '--verify', '--verify-timeout', '4s'];
    const honest = await measure(
      dev.ready.collector!,
      ...load,
      '--batch',
      '5',
      '--workers',
      '2',
      '--slo',
      'within 30s>=99%',
    );
    expect(honest.report.verification).toMatchObject({
      accepted: 1000,
      stored: 1000,
      missing: 0,
      duplicates: 0,
      state: 'met',
    });
    expect(honest.report.verification!.freshness!.max).toBeLessThan(30);
    expect(honest.report.objectives[0]).toMatchObject({ whole: 1 });

    const liar = await startTarget([dev.ready.collector!, '{"lose":40,"double":50}'], 'load-proxy.mjs');
    const { report } = await measure(liar.url, ...load, '--mix', 'shop');
    const did = await liar.seen<{ lost: number; doubled: number }>('/did');
    expect(did).toEqual({ lost: 5, doubled: 3 });
    expect(report.verification).toMatchObject({
      accepted: 200,
      missing: did.lost,
      duplicates: did.doubled,
      state: 'missed',
    });
    expect([3, 5]).toContain(report.exitCode);
  });
});

describe('what is sent where', () => {
  afterEach(clean);

  const run = (...args: string[]) => stargate(['loadtest', ...args]);
  it.each([
    [['http://collector.example'], 2, 'STG_TARGET_FOREIGN'],
    [['http://10.0.0.1', '--i-own-this-target'], 1, 'STG_KEY_MISSING'],
    [['http://10.0.0.1', '--i-own-this-target', '--key', 'k'], 4, 'STG_CONFIRMATION_NEEDED'],
    [['http://127.0.0.1:1', '--rate', '100000', '--duration', '1h'], 2, 'more requests than a run may'],
    [['http://127.0.0.1:1', '--slo', 'p99<200'], 2, 'The objective cannot be read'],
    [['http://127.0.0.1:1', '--mix', 'ga5'], 2, 'ga4, ua, vtex'],
    [['http://127.0.0.1:1', '--rate', 'fast'], 2, '--rate'],
    [['http://127.0.0.1:1', '--find-max'], 2, 'an --slo beside it'],
    [['http://127.0.0.1:1', '--file', 'no-such-file'], 2, 'ENOENT'],
    [['report'], 2, 'no report to read'],
  ])('%j is refused', async (args, status, text) => {
    const { status: got, stderr, stdout } = await run(...args);
    expect({ got, stdout }, stderr).toEqual({ got: status, stdout: '' });
    expect(stderr.replace(/\s+/g, ' ')).toContain(text);
  });

  it('tells size and cost before it asks', async () => {
    const { stderr } = await run(
      'http://10.0.0.1',
      '--i-own-this-target',
      '--key',
      'k',
      '--rate',
      '1000',
      '--duration',
      '100s',
    );
    expect(stderr.replace(/\s+/g, ' ')).toMatch(
      /100,000 requests, 0\.1 GB; at list prices of Google Cloud .*US\$/,
    );
  });

  it('sends a body of your own with your headers, and events of a file; reports go to files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stargate-load-'));
    try {
      writeFileSync(
        join(folder, 'own.ndjson'),
        '{"name":"a","data_layer":{"x":1}}\n{"ctx":{},"events":[{"name":"b"}]}\n',
      );
      const { url } = await target({ kind: 'fast' });
      const at = (name: string) => join(folder, name);
      const files = await measure(
        url,
        '--file',
        at('own.ndjson'),
        '--rate',
        '100',
        '--duration',
        '1s',
        '--csv',
        at('r.csv'),
        '--hlog',
        at('r.hlog'),
        '--html',
        at('r.html'),
        '--prometheus',
        at('r.prom'),
      );
      expect(files.report.plan).toMatchObject({ payload: 'own.ndjson', batch: 1 });
      for (const name of ['r.csv', 'r.hlog', 'r.html', 'r.prom'])
        expect(readFileSync(at(name), 'utf8').length).toBeGreaterThan(200);
      const raw = await measure(
        url,
        '--raw-body',
        at('own.ndjson'),
        '--header',
        'x-own: 1',
        '--rate',
        '100',
        '--duration',
        '1s',
      );
      expect(raw.report.plan).toMatchObject({ payload: 'raw body', batch: null });
      expect(raw.report.command).toContain("--header '***'".replaceAll("'", ''));
      expect(raw.report.command).not.toContain('x-own');
      for (const [name, { report }] of [
        ['1.json', files],
        ['2.json', raw],
      ] as const)
        writeFileSync(at(name), JSON.stringify(report));
      const merged = await measure('report', at('1.json'), at('2.json'));
      expect(merged.report.totals.planned).toBe(200);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
