/** What `loadtest` shows: the block while it runs, the line elsewhere, the summary, and the command told again. */
import { describe, expect, it } from 'vitest';
import { clock, ms, perSecond, sparkline } from '../../src/commands/_load-format.js';
import { loadDocument } from '../../src/commands/_load-json.js';
import { liveLines, plainLine } from '../../src/commands/_load-live.js';
import { estimate } from '../../src/commands/_load-size.js';
import { loadSummary } from '../../src/commands/_load-summary.js';
import { typedCommand } from '../../src/commands/_load-typed.js';
import { reportOf } from '../../src/measure/load/build.js';
import { Ledger } from '../../src/measure/load/ledger.js';
import { type LoadtestOptions, planOf } from '../../src/measure/load/options.js';
import { Recorder } from '../../src/measure/load/recorder.js';
import type { LoadReport, Note } from '../../src/measure/load/report.js';
import { LATENCIES } from '../../src/measure/load/score.js';
import { parseObjective } from '../../src/measure/objectives.js';
import { isLoopback } from '../../src/measure/target.js';
import { liveBlock } from '../../src/output/live.js';
import { createStyle } from '../../src/output/style.js';
import { columns } from '../../src/output.js';

const plain = createStyle(false, true);
const colour = createStyle(true, true);
const ascii = createStyle(false, false);

const options: LoadtestOptions = {
  url: 'http://127.0.0.1:8000',
  curve: { kind: 'constant', rate: 100, durationMs: 20_000 },
  payload: { kind: 'events', from: 'ga4', batch: 1, sessions: 10, key: 'dev' },
  payloadText: 'mix ga4',
  objectives: [parseObjective('p99<200ms', LATENCIES), parseObjective('errors<0.1%', LATENCIES)],
};
const plan = planOf(options);

/** A run of 20 s in which this machine became the limit after `good` seconds. */
function ran(good: number, seconds = 20): Ledger {
  const ledger = new Ledger(plan);
  const recorder = new Recorder(plan.stepMs, plan.durationMs);
  for (let second = 0; second < seconds; second++) {
    const slow = second >= good;
    for (let n = 0; n < 100; n++) {
      const planned = second * 1000 + n * 10;
      recorder.planned(planned, slow ? 58 : 0.4);
      recorder.answered(planned, planned + 1, planned + (slow ? 400 : 8), 202, false);
    }
    ledger.add({
      ...{ worker: 0, atMs: (second + 1) * 1000, ...recorder.take(), sent: 100, accepted: 100, rejected: 0 },
      ...{ busyMs: slow ? 830 : 300, elapsedMs: 1000, backlog: slow ? 178 : 0, inFlight: 4 },
      ...{ bytesSent: 1000, bytesReceived: 1000 },
    });
  }
  return ledger;
}

function reported(
  good: number,
  notes: readonly Note[] = [],
  more: Partial<LoadtestOptions> = {},
): LoadReport {
  const ends = [{ endedMs: 20_000, bodyBytes: 700, acknowledged: null }];
  return reportOf({
    ...{
      run: 'lt-7f3a91',
      startedAt: 0,
      options: { ...options, ...more },
      plan,
      ledger: ran(good),
      ends,
      notes,
    },
    ...{ timerMs: 1.1, verified: null },
  });
}

const progress = (good: number, seconds: number) => ({
  run: 'lt-7f3a91',
  plan,
  ledger: ran(good, seconds),
  timerMs: 1.1,
});

describe('the live view', () => {
  it.each([80, 100, 120])('fits %i columns, in colour too', (width) => {
    for (const style of [plain, colour, ascii])
      for (const good of [20, 8]) {
        const lines = liveLines(progress(good, 14), options.objectives!, style, width);
        expect(Math.max(...lines.map(columns))).toBeLessThan(width);
        expect(lines.join('\n')).toContain('14 of 0:20');
      }
  });

  it('shows rates, latencies, answers and this machine, as the design has them', () => {
    const text = liveLines(progress(20, 14), options.objectives!, plain, 80).join('\n');
    expect(text).toMatch(/^ {2}127\.0\.0\.1:8000\/v1\/events .* 0:06 left, run lt-7f3a91$/m);
    expect(text).toMatch(/^ {2}Rate .*offered 100\/s {3}achieved 100\/s$/m);
    expect(text).toMatch(
      /^ {2}Response {4}p50 +8\.0 ms {3}p99 +8\.0 ms {3}p99\.9 +8\.0 ms {3}max +8\.0 ms$/m,
    );
    expect(text).toMatch(/^ {2}Answers {5}202 1,400 {3}4xx 0 {3}5xx 0 {3}errors 0 {3}in flight 4$/m);
    expect(text).toMatch(/^ {2}Client {6}loop ██████░{14} 0\.30 {3}start lag p99 0\.40 ms$/m);
    expect(text).toMatch(/p99<200ms 8\.0 ms {3}errors<0\.1% 0\.00 %/);
    expect(text).not.toContain('limit');
  });

  it('says from when on this machine was the limit', () => {
    const text = liveLines(progress(8, 14), options.objectives!, plain, 120).join('\n');
    expect(text).toContain('! This machine is the limit since 0:08. Later figures are not judged.');
    expect(text).toContain('0.83 limit');
    expect(text).toContain('timer resolution 1.1 ms');
    expect(plainLine(progress(8, 14))).toMatch(
      /^0:14 of 0:20 {2}offered 100\/s, achieved 100\/s; .*since 0:08$/,
    );
  });

  it('paints over what it painted, and takes it away at the end', () => {
    const written: string[] = [];
    const block = liveBlock({ write: (text: string | Uint8Array) => written.push(String(text)) > 0 });
    block.draw(['one', 'two']);
    block.draw(['three']);
    block.end(false);
    expect(written[0]).not.toContain('\u001b[2A');
    expect(written[1]).toContain('\u001b[2A\r');
    expect(written[2]).toBe('\u001b[1A\r\u001b[J\u001b[?25h');
  });
});

describe('the summary', () => {
  it('of a run that this machine limited says so first, and judges nothing', () => {
    const report = reported(8);
    expect(report).toMatchObject({
      verdict: 'client-limited',
      exitCode: 5,
      judged: { fromMs: 0, toMs: 8000 },
    });
    const text = loadSummary(report, ['report.html'], plain, 80);
    expect(text).toMatch(
      /^– Client-limited\. {2}This machine was the limit above 100 requests\/s\.\n {2}Up to there the target met both objectives; nothing is concluded beyond\./,
    );
    expect(text).toMatch(/whole run +0:00 to 0:08/);
    expect(text).toMatch(/Response p99 +400 ms +8\.0 ms/);
    expect(text).toMatch(/– p99<200ms +not judged\n {2}– errors<0\.1% +not judged/);
    expect(text).toMatch(
      /Next {4}--workers 2, or run\s+from a machine with more free cores\.|Next {4}Run from a machine/,
    );
    expect(text).toMatch(/Report {2}report\.html/);
    for (const line of text.split('\n')) expect(columns(line)).toBeLessThanOrEqual(80);
  });

  it('of a good run shows objectives with their figures', () => {
    const text = loadSummary(reported(20), [], plain, 80);
    expect(text).toMatch(/^✓ OK\. {2}The target kept up with 100 requests\/s\./);
    expect(text).toMatch(/✓ p99<200ms +8\.0 ms\n {2}✓ errors<0\.1% +0 %/);
    expect(text).not.toContain('Next');
  });

  it('of a missed objective is marked as bad', () => {
    const report = reported(20, [], { objectives: [parseObjective('p99<2ms', LATENCIES)] });
    expect(report.exitCode).toBe(3);
    expect(loadSummary(report, [], plain, 80)).toMatch(/^✗ OK\.[\s\S]*✗ p99<2ms +missed: 8\.0 ms/);
  });

  it('shows what a search tried, and a verification', () => {
    const report: LoadReport = {
      ...reported(20),
      search: [
        { rate: 200, state: 'met', verdict: 'ok', achieved: 200, responseP99: 3 },
        { rate: 400, state: 'missed', verdict: 'target-limited', achieved: 350, responseP99: 900 },
      ],
      verification: {
        accepted: 2000,
        stored: 1998,
        missing: 2,
        duplicates: 1,
        unacknowledged: 3,
        freshness: { p50: 0.4, p99: 1.2, max: 2 },
        state: 'missed',
      },
    };
    const text = loadSummary(report, [], plain, 80);
    expect(text).toMatch(/400\/s {2}missed +response p99 900 ms/);
    expect(text).toMatch(/✗ accepted = stored, once +1,998 of 2,000; 2 missing, 1 rows too many, 3 stored/);
    expect(text).toMatch(/queryable after +p50 0\.4 s, p99 1\.2 s, max 2\.0 s/);
  });

  it('as JSON has the names that scripts rely on', () => {
    expect(loadDocument(reported(20))).toMatchObject({
      ...{ kind: 'stargate.loadtest', verdict: 'ok', unit: 'ms', offeredRate: 100, achievedRate: 100 },
      durationSeconds: 20,
      response: { p50: expect.any(Number), p90: expect.any(Number), p999: expect.any(Number) },
      startLag: { p99: expect.any(Number) },
      codes: { 202: 2000 },
      errors: {},
      client: { eventLoopUtilization: 0.3, workers: 1 },
      slo: [
        { expression: 'p99<200ms', met: true },
        { expression: 'errors<0.1%', met: true },
      ],
    });
  });
});

describe('what was typed', () => {
  it('is told again without secrets, ready to be pasted', () => {
    const flags = {
      rate: '500',
      slo: ['p99<200ms', 'errors<1%'],
      key: 'pk_shop',
      header: ['cookie: a'],
      iOwnThisTarget: true,
      json: true,
      input: true,
      color: true,
    };
    expect(typedCommand({ name: 'loadtest', args: ['http://127.0.0.1:8000'], flags })).toBe(
      "stargate loadtest http://127.0.0.1:8000 --rate 500 --slo 'p99<200ms' --slo 'errors<1%' --key *** --header *** --i-own-this-target",
    );
  });
});

describe('targets', () => {
  it.each([
    ['http://127.0.0.1:8000', true],
    ['http://127.8.9.1', true],
    ['http://[::1]:1', true],
    ['http://localhost', true],
    ['http://shop.localhost', true],
    ['http://localhost.evil.example', false],
    ['http://127.0.0.1.evil.example', false],
    ['http://10.0.0.1', false],
    ['http://0.0.0.0', false],
  ])('%s is this machine: %s', (url, is) => {
    expect(isLoopback(new URL(url))).toBe(is);
  });
  it('cost what Google lists', () => {
    expect(estimate({ requests: 1_000_000, bytes: 100e9 })).toMatch(
      /^1,000,000 requests, 100\.0 GB; .*about US\$ 5\.30 /,
    );
    expect(estimate({ requests: 10, bytes: 1e4 })).toContain('less than US$ 0.01');
  });
});

describe('numbers', () => {
  it('keep what is known of them', () => {
    expect([0.416, 8.14, 31.4, 1104.4, null].map(ms)).toEqual([
      '0.42 ms',
      '8.1 ms',
      '31 ms',
      '1,104 ms',
      '–',
    ]);
    expect([0.5, 7890.4].map(perSecond)).toEqual(['0.5/s', '7,890/s']);
    expect([0, 87_000, 3_723_000].map(clock)).toEqual(['0:00', '1:27', '1:02:03']);
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, true)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([5, 5], 4, false)).toBe('##  ');
  });
});
