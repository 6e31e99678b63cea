/** `stargate latency` with BigQuery: a collector that only answers, and rows that this test puts in by SQL. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openSql } from '../../../src/warehouse/bigquery/open.js';
import type { BigquerySettings } from '../../../src/warehouse/bigquery/settings.js';
import { type LocalBigquery, PROJECT, startBigquery } from '../../helpers/bigquery-sql.js';
import { stargate } from '../../helpers/cli.js';
import { describeWith } from '../../helpers/needs.js';
import { row } from '../../warehouse/rows.js';
import { expensive } from './expensive.js';
import { plant, settingsOf } from './support.js';

const PROBES = 8;
const MIB = 2 ** 20;

describeWith('bigquery', 'latency on BigQuery', () => {
  let bigquery: LocalBigquery;
  let settings: BigquerySettings;
  beforeAll(async () => {
    bigquery = await startBigquery();
    settings = settingsOf(bigquery.endpoint);
    const { setup } = openSql(settings);
    await setup.apply(await setup.plan());
  });
  afterAll(() => bigquery?.close());

  /** Takes probes, and stores all but the `lost` one behind one another. */
  async function collector(lost = -1) {
    const sentAt: number[] = [];
    let storing = Promise.resolve();
    const server = createServer(async (request, response) => {
      const { events } = JSON.parse(await text(request)) as { events: { id: string; name: string }[] };
      const checking = request.url!.includes('validate=1');
      const { id, name } = events[0]!;
      if (!checking && sentAt.push(Date.now()) - 1 !== lost) {
        const record = { event_id: id, event_name: name, received_at: new Date().toISOString() };
        storing = storing.then(() => plant(settings, [row(sentAt.length, record)]));
      }
      response.writeHead(checking ? 200 : 202, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ accepted: 1 }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await storing;
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sentAt };
  }

  const run = (url: string, endpoint: string, ...more: string[]) =>
    stargate([
      ...['latency', url, '--warehouse', `bigquery://${PROJECT}/${settings.dataset}.events`],
      ...[
        '--bigquery-endpoint',
        endpoint,
        '--probes',
        String(PROBES),
        '--rate',
        '4',
        '--poll',
        '200ms',
        ...more,
      ],
    ]);

  it('finds the rows, with bounds, and counts what the looks cost', { timeout: 120_000 }, async () => {
    const { url } = await collector();
    const door = await expensive(bigquery.endpoint, 0);
    onTestFinished(door.close);
    const result = await run(url, door.endpoint, '--timeout', '60s', '--yes', '--json');
    expect([result.status, result.stderr]).toEqual([0, expect.stringMatching(/8 probes to http.* billed/)]);
    const report = JSON.parse(result.stdout);
    expect(report.counts).toMatchObject({ sent: PROBES, found: PROBES, lost: 0, duplicated: 0, refused: 0 });
    for (const { lower, upper } of report.probes) expect(upper).toBeGreaterThan(lower);
    // The engine calls every query free; a look is billed 10 MiB all the same.
    const { count, cost } = report.queries;
    expect([door.fresh(), door.run()]).toEqual([count, count]);
    expect(cost.bytes).toBe(count * 10 * MIB);
    expect(cost.usd).toBeCloseTo((cost.bytes / 2 ** 40) * 6.25, 10);
  });

  it('tells one that was accepted and is not there', { timeout: 120_000 }, async () => {
    const { url } = await collector(3);
    const result = await run(url, bigquery.endpoint, '--timeout', '8s', '--yes', '--json');
    expect(JSON.parse(result.stdout).counts).toMatchObject({ sent: PROBES, lost: 1 });
  });

  it('says what it will cost before anything is sent, and asks', { timeout: 60_000 }, async () => {
    const { url, sentAt } = await collector();
    const door = await expensive(bigquery.endpoint, 3 * 2 ** 30);
    onTestFinished(door.close);
    const { status, stderr } = await run(url, door.endpoint, '--timeout', '10s', '--no-input');
    expect(status).toBe(4);
    // 2 s of probes and 10 s of waiting, a look each 0.2 s: 60 looks at 3 GiB.
    expect(stderr).toMatch(/up to 60 queries of bigquery:\/\/.*: 193\.3 GB billed, about US\$ 1\.10/);
    expect([sentAt, door.run()]).toEqual([[], 0]);
  });
});
