/** `latency` against real processes: a `dev`, and a collector and a worker of their own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { latency } from '../../../src/index.js';
import type { FreshnessReport } from '../../../src/measure/freshness/report.js';
import { type Run, stargate, start as startCommand } from '../../helpers/cli.js';
import { eventually, type Running, start } from '../../helpers/running.js';
import { expectFault, rows, send, sources, stored, workingFolder } from '../commands/support.js';

const folder = workingFolder();
const QUICK = ['--probes', '40', '--rate', '40', '--poll', '50ms'];

const dev = async (): Promise<string> =>
  (await start(['dev', '--port', '0', '--drain-wait', '0'], { cwd: folder() })).ready.collector!;
const collector = async (): Promise<string> => {
  const serve = ['serve', '--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'];
  return (await start(serve, { cwd: folder() })).ready.collector!;
};
const worker = (): Promise<Running> => start(['worker', '--admin-port', '0'], { cwd: folder() });

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> =>
  stargate(['latency', ...args], { cwd: folder(), env });
type Document = FreshnessReport & Readonly<Record<string, unknown>>;
const document = ({ stdout }: Run): Document => JSON.parse(stdout);

/** What must hold of every run in which nothing went wrong. */
function expectSound(report: FreshnessReport, probes: number): void {
  expect(report.counts).toEqual({
    sent: probes,
    found: probes,
    refused: 0,
    lost: 0,
    late: 0,
    duplicated: 0,
    open: 0,
  });
  for (const probe of report.probes) {
    expect(probe).toMatchObject({ outcome: 'found', rows: 1 });
    expect(probe.lower!).toBeGreaterThanOrEqual(0);
    expect(probe.upper!).toBeGreaterThan(probe.lower!);
  }
  expect(report.hops.map(({ hop, clockOffsetMs }) => [hop, clockOffsetMs])).toEqual([
    ['client-collector', 0],
    ['collector-log', 0],
    ['log-row', 0],
  ]);
}

describe('beside dev', () => {
  it('finds every probe, marks its rows, and keeps them out of the views', async () => {
    const url = await dev();
    const result = await run([url, ...QUICK, '--slo', 'within 30s >= 90%', '--json']);
    expect(result).toMatchObject({ status: 0 });
    const report = document(result);
    expectSound(report, 40);
    expect(report).toMatchObject({
      kind: 'stargate.latency',
      verdict: 'met',
      target: url,
      warehouse: `${url}/dev/query`,
      // Names that scripts rely on.
      unit: 'ms',
      sent: 40,
      seen: 40,
      lost: 0,
      slo: [{ expression: 'within 30s >= 90%', met: true }],
    });
    expect(report.p50).toMatchObject({ lower: expect.any(Number), mid: expect.any(Number) });
    expect(report.within.at(-1)).toMatchObject({ limit: 60_000, share: 1 });
    const [{ marked, all }] = (await rows<{ marked: number; all: number }>(
      folder(),
      "SELECT count(*) FILTER (event_name = 'stargate_probe') AS marked, count(*) AS all FROM events",
    )) as [{ marked: number; all: number }];
    expect([marked, all]).toEqual([40, 40]);
    expect(await rows(folder(), 'SELECT * FROM events_deduped')).toEqual([]);
    const [first] = await rows<{ id: string }>(folder(), 'SELECT min(event_id) AS id FROM events');
    expect(first!.id).toBe(`probe-${report.run}-000000000`);
  });

  it('prints for a person, and tells with its exit status what became of the objectives', async () => {
    const url = await dev();
    const missed = await run([url, ...QUICK, '--slo', 'p90<1ms']);
    expect(missed.status).toBe(3);
    expect(missed.stdout).toMatch(/✗ Objective missed\./);
    expect(missed.stdout).toMatch(/p99 .* n too small: needs 368 probes/);
    expect(missed.stdout).toMatch(/✗ p90<1ms/);
    expect(missed.stdout).toMatch(/Probes +40 sent, 40 found, 0 late, 0 lost/);
    const unsure = await run([url, ...QUICK, '--slo', 'p99<30s']);
    expect(unsure.status).toBe(5);
    expect(unsure.stdout).toMatch(/– Inconclusive\./);
    expect(unsure.stdout).toContain('“p99<30s” could not be judged');
  });

  it('writes what a spreadsheet and a browser can read', async () => {
    const url = await dev();
    const { status, stderr } = await run([url, ...QUICK, '--csv', 'probes.csv', '--html', 'report.html']);
    expect({ status }, stderr).toEqual({ status: 0 });
    expect(stderr).toContain('Written: probes.csv');
    const csv = readFileSync(join(folder(), 'probes.csv'), 'utf8').trim().split(/\r?\n/);
    expect(csv).toHaveLength(41);
    const html = readFileSync(join(folder(), 'report.html'), 'utf8');
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toContain(url);
    const nowhere = await run([url, ...QUICK, '--html', 'no/such/folder.html']);
    expect(nowhere.status).toBe(1);
    expect(nowhere.stdout).toContain('could be queried within');
    expect(nowhere.stderr).toContain('STG_OUTPUT_WRITE');
  });

  it('ends early with Ctrl-C, and prints what it has measured', async () => {
    const url = await dev();
    const { child, ended, stdout } = startCommand(
      ['latency', url, '--rate', '20', '--poll', '50ms', '--json'],
      {
        cwd: folder(),
      },
    );
    await eventually(
      async () => {
        const asked = await fetch(`${url}/dev/all`);
        return ((await asked.json()) as { good: number }).good > 20;
      },
      () => 'twenty probes',
    );
    child.kill('SIGINT');
    expect((await ended).status).toBe(130);
    const report = JSON.parse(stdout()) as FreshnessReport;
    expect(report.exitCode).toBe(130);
    expect(report.counts.sent).toBeLessThan(400);
    expect(report.counts.found).toBeGreaterThan(10);
    expect(report.counts.found + report.counts.open).toBe(report.counts.sent);
    expect(report.notes[0]!.code).toBe('interrupted');
  });

  it('watches without end, with metrics for Prometheus', async () => {
    const url = await dev();
    const watch = ['latency', url, '--watch', '--rate', '40', '--poll', '50ms', '--admin-port', '0'];
    const { child, ended, stderr } = startCommand(watch, { cwd: folder() });
    const metrics = await eventually(
      () => /Metrics: (\S+)/.exec(stderr())?.[1],
      () => `the address of the metrics in:\n${stderr()}`,
    );
    const value = async (name: string) => {
      const text = await (await fetch(metrics)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    };
    await eventually(
      async () => (await value('stargate_probe_freshness_seconds_count')) > 20,
      () => 'twenty probes',
    );
    expect(await value('stargate_probe_last_freshness_seconds')).toBeGreaterThan(0);
    expect(await value('stargate_probes_lost_total')).toBe(0);
    child.kill('SIGINT');
    const { status, stdout } = await ended;
    expect(status).toBe(130);
    expect(stdout).toContain('could be queried within');
  });

  it('is a library too', async () => {
    const url = await dev();
    const seen: number[] = [];
    const report = await latency({
      url,
      probes: 20,
      ratePerSecond: 50,
      pollMs: 50,
      objectives: ['within 30s >= 50%'],
      onSettled: ({ sequence }) => seen.push(sequence),
    });
    expectSound(report, 20);
    expect(report.objectives[0]!.state).toBe('met');
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});

describe('queries that cost something', () => {
  it('are told with their cost before anything is sent, and need a yes', async () => {
    const url = await dev();
    const looked: string[] = [];
    const query = {
      name: 'costly',
      cost: async () => ({ bytes: 10e6, usd: 0.0001 }),
      look: async ({ from }: { from: string }) => {
        looked.push(from);
        return [{ id: from, rows: 1, receivedAt: Date.now(), loggedAt: null }];
      },
    };
    const plan = { probes: 1, ratePerSecond: 100, pollMs: 50, timeoutMs: 1_000 };
    const refusing = latency({ url, warehouse: query, ...plan, confirm: async () => false });
    await expect(refusing).rejects.toMatchObject({ code: 'STG_CONFIRMATION_NEEDED' });
    expect(looked).toEqual([]);
    let asked: unknown;
    const report = await latency({
      url,
      warehouse: query,
      ...plan,
      confirm: async (undertaking) => {
        asked = undertaking;
        return true;
      },
    });
    // 1 s to wait and 10 ms to send, one look each 50 ms.
    expect(asked).toMatchObject({ foreign: false, looks: 21, cost: { bytes: 210e6 } });
    expect(report.queries).toMatchObject({ count: looked.length, cost: { bytes: looked.length * 10e6 } });
    expect(report.hops.map(({ hop }) => hop)).toEqual(['client-collector', 'collector-row']);
  });
});

describe('with a collector and a worker', () => {
  it('asks the owner of the file, found without a flag', async () => {
    const url = await collector();
    await worker();
    const result = await run([url, ...QUICK, '--json']);
    expect(result, result.stderr).toMatchObject({ status: 0 });
    const report = document(result);
    expectSound(report, 40);
    expect(report.warehouse).toMatch(/^duckdb:.*warehouse\.duckdb$/);
  });

  it('finds what a stopped worker stores later, as late', async () => {
    const url = await collector();
    const working = await worker();
    expect((await send(url, 'first')).status).toBe(202);
    await stored(folder(), 1);
    const flags = ['--probes', '60', '--rate', '20', '--poll', '50ms', '--timeout', '2s', '--json'];
    // While it stands still nobody answers queries either: those that time out are no looks.
    const measuring = run([url, ...flags]);
    await eventually(
      async () => (await rows<{ n: number }>(folder(), 'SELECT count(*) AS n FROM events'))[0]!.n > 5,
      () => 'five probes',
    );
    working.signal('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    working.signal('SIGCONT');
    const report = document(await measuring);
    expect(report.counts.found).toBeGreaterThan(0);
    expect(report.counts.late).toBeGreaterThan(0);
    expect(report.counts.found + report.counts.late).toBe(60);
    for (const { outcome, upper } of report.probes) expect(outcome).toBe(upper! > 2_000 ? 'late' : 'found');
  });

  it('says so when the warehouse shows nothing of what the collector takes', async () => {
    const url = await collector();
    const working = await worker();
    expect((await send(url, 'first')).status).toBe(202);
    await stored(folder(), 1);
    expect(await working.stop()).toBe(0);
    const result = await run([url, '--rate', '20', '--poll', '50ms', '--timeout', '500ms']);
    expectFault(result, 'STG_PROBES_UNSEEN', 3, 'no row in 1 s', 'worker runs');
  });
});

describe('what cannot be measured', () => {
  it('is told before anything is sent', async () => {
    const url = await collector();
    expectFault(await run([url]), 'STG_WAREHOUSE_MISSING', 1);
    await (await worker()).stop();
    const foreign = ['http://192.0.2.1', '--i-own-this-target'];
    expectFault(await run(foreign), 'STG_CONFIRMATION_NEEDED', 4, '400 probes to http://192.0.2.1');
    expectFault(await run([url, '--key', 'wrong']), 'STG_TARGET_REFUSED', 1, '401', '--key KEY');
    expectFault(await run(['http://127.0.0.1:1']), 'STG_TARGET_UNREACHABLE', 1, 'ECONNREFUSED');
    expectFault(await run(['https://shop.example']), 'STG_TARGET_FOREIGN', 2, 'shop.example');
    for (const wrong of [
      ['--slo', 'p99'],
      ['--poll', '1ms'],
      ['--probes', '1.5'],
      ['--rate', '0'],
    ])
      expect(await run([url, ...wrong])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('STG_OPTION_INVALID'),
      });
  });

  it('takes a server key from the environment, never from a flag', async () => {
    sources(folder(), ['dev']);
    const url = await dev();
    const refused = await run([url, ...QUICK], { STARGATE_WRITE_KEY: 'unknown-server-key' });
    expectFault(refused, 'STG_TARGET_REFUSED', 1, '401');
    expect(refused.stderr).not.toContain('unknown-server-key');
  });
});
