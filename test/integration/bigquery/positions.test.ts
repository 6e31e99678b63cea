/** How `stargate_positions` is written, and that it stays small without telling anything else. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BigquerySettings, openSql } from '../../../src/warehouse/bigquery/open.js';
import { openBigqueryWriter } from '../../../src/warehouse/bigquery/open-writer.js';
import { pathOf } from '../../../src/warehouse/bigquery/settings.js';
import { trimStatement } from '../../../src/warehouse/bigquery/trim.js';
import type { PartitionKey } from '../../../src/warehouse/port.js';
import { random } from '../../helpers/bigquery/faults.js';
import { DATASET, openOn, startWriteServer, type WriteServer } from '../../helpers/bigquery/index.js';
import { lastPosition } from '../../helpers/bigquery/sql.js';
import type { Row } from '../../helpers/bigquery/store.js';
import { type LocalBigquery, startBigquery } from '../../helpers/bigquery-sql.js';
import { until } from '../../helpers/log.js';
import { describeWith } from '../../helpers/needs.js';
import { KEY, row, rows } from '../../warehouse/rows.js';
import { plant, settingsOf } from './support.js';

const DAY_MS = 86_400_000;

describe('positions', () => {
  let server: WriteServer;
  beforeEach(async () => {
    server = await startWriteServer();
  });
  afterEach(() => server.close());
  const noted = () =>
    server
      .rows(`${DATASET}/stargate_positions`)
      .map(({ partition, position }) => [partition, position ?? null]);

  it('tell of a partition that was opened long before the next position is due', async () => {
    const warehouse = await openOn(server, { openedMs: 1, positionsMs: 600_000 });
    const writer = await warehouse.openPartition(KEY, null);
    await until('the first partition', () => noted().length === 1);
    await writer.append(rows(0, 3));
    await warehouse.openPartition({ ...KEY, partition: 1 }, null);
    await until('the second partition', () => noted().some(([partition]) => partition === 1));
    await warehouse.close();
    expect(noted().filter(([, position]) => position === null)).toHaveLength(2);
    expect(noted()).toContainEqual([0, 2]);
  });

  it('are one row an interval while rows come in, and the last one at the end', async () => {
    const warehouse = await openOn(server, { openedMs: 1, positionsMs: 300 });
    const writer = await warehouse.openPartition(KEY, null);
    const began = performance.now();
    let at = 0;
    for (; performance.now() < began + 1_500; at++) await writer.append(rows(at, 1));
    await until('the last position', () => noted().some(([, position]) => position === at - 1));
    const intervals = (performance.now() - began) / 300;
    const found = noted().filter(([, position]) => position !== null);
    expect(found.length).toBeLessThanOrEqual(Math.ceil(intervals));
    await warehouse.close();
  });
});

/** Something that takes BigQuery's place and answers as it is told; `asked`: whether a statement came. */
async function door(answer: (response: ServerResponse) => void) {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    sql: openSql(settingsOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
    asked: () => asked > 0,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

describe('trimming', () => {
  let server: WriteServer;
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  beforeEach(async () => {
    server = await startWriteServer();
    unhandled.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    process.off('unhandledRejection', note);
    await server.close();
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve, 100));

  it('that is refused harms nothing', async () => {
    const refusing = await door((response) =>
      response
        .writeHead(403, { 'content-type': 'application/json' })
        .end('{"error":{"code":403,"message":"no","errors":[{"reason":"accessDenied"}]}}'),
    );
    await expect(refusing.sql.trimPositions()).rejects.toMatchObject({ code: 'STG_WAREHOUSE_DENIED' });
    let tried = 0;
    const warehouse = await openOn(server, { trimMs: 1 }, async () => {
      tried++;
      await refusing.sql.trimPositions();
    });
    const writer = await warehouse.openPartition(KEY, null);
    await until('the statement', () => tried > 0);
    await settled();
    await expect(writer.append(rows(0, 3))).resolves.toMatchObject({ stored: 3 });
    await warehouse.close();
    await refusing.close();
    expect(unhandled).toEqual([]);
  });

  it('that never ends holds up neither rows nor the close of the worker', async () => {
    const silent = await door(() => {});
    const warehouse = await openOn(server, { trimMs: 1 }, () => silent.sql.trimPositions());
    await until('the statement', silent.asked);
    const writer = await warehouse.openPartition(KEY, null);
    await expect(writer.append(rows(0, 3))).resolves.toMatchObject({ stored: 3 });
    await warehouse.close();
    await silent.close();
    await settled();
    expect(unhandled).toEqual([]);
  });

  it('is not begun behind the close', async () => {
    let begun = 0;
    const warehouse = await openOn(server, { trimMs: 50 }, async () => void begun++);
    await warehouse.close();
    await settled();
    expect(begun).toBe(0);
  });
});

interface Noted {
  readonly log: string;
  readonly topic: string;
  readonly partition: number;
  readonly position: number | null;
  readonly updated_at: string;
}

/** Days ago; far enough from one day on either side. Some clocks are wrong. */
const AGES = [-3, 0, 0.5, 0.9, 1.1, 2, 400];

/** What logs may have left behind: nothing in the order of time, topics of one log and of several. */
function history(draw: () => number, now: number): Noted[] {
  const upTo = (most: number) => Math.floor(draw() * (most + 1));
  return ['s', 't'].flatMap((topic) =>
    ['a', 'b', 'c'].slice(0, 1 + upTo(2)).flatMap((log) =>
      [0, 1].flatMap((partition) =>
        Array.from({ length: upTo(6) }, () => ({
          ...{ log, topic, partition, position: draw() < 0.3 ? null : upTo(20) },
          updated_at: new Date(now - AGES[upTo(AGES.length - 1)]! * DAY_MS).toISOString(),
        })),
      ),
    ),
  );
}

const same = (a: Noted, b: Noted): boolean =>
  a.log === b.log && a.topic === b.topic && a.partition === b.partition;

/** What may be left, said otherwise than by SQL. */
const kept = (all: readonly Noted[], now: number): Noted[] =>
  all.filter(
    (old) =>
      Date.parse(old.updated_at) > now - DAY_MS ||
      !all.some((other) => same(old, other) && (other.position ?? -1) > (old.position ?? -1)),
  );

const KEYS: readonly PartitionKey[] = ['a', 'b', 'c', 'none'].flatMap((log) =>
  ['s', 't'].flatMap((topic) => [0, 1].map((partition) => ({ log, topic, partition }))),
);
const EVENTS = [row(11, {}, { ...KEY, topic: 's' }), row(16, {}, { ...KEY, topic: 't' })];

/** The last position of every key, by the positions and the events that there are. */
function toldBy(positions: readonly Noted[]): Promise<(number | null)[]> {
  const tables: Readonly<Record<string, readonly object[]>> = {
    'd/stargate_positions': positions,
    'd/events': EVENTS.map(({ event }) => event),
  };
  const source = { rows: (path: string) => (tables[path] ?? []) as readonly Row[], clear: () => {} };
  return Promise.all(KEYS.map((key) => lastPosition(source, 'd', 'events', key)));
}

const lines = (all: readonly object[]): string[] => all.map((each) => JSON.stringify(each)).sort();

describeWith('bigquery', 'trimming in BigQuery', () => {
  let bigquery: LocalBigquery;
  let settings: BigquerySettings;
  let sql: ReturnType<typeof openSql>;
  beforeAll(async () => {
    bigquery = await startBigquery();
    settings = settingsOf(bigquery.endpoint);
    sql = openSql(settings);
    await sql.setup.apply(await sql.setup.plan());
    await plant(settings, EVENTS);
  });
  afterAll(() => bigquery?.close());

  const table = () => pathOf(settings, 'stargate_positions');
  const insert = (all: readonly Noted[]) =>
    sql.queries.change(
      `INSERT INTO ${table()} (log, topic, \`partition\`, position, updated_at) VALUES ${all
        .map(
          (each) =>
            `('${each.log}', '${each.topic}', ${each.partition}, ${each.position}, TIMESTAMP '${each.updated_at}')`,
        )
        .join(', ')}`,
    );
  const found = async () =>
    (await sql.queries.rows(
      `SELECT log, topic, \`partition\`, position, updated_at FROM ${table()}`,
    )) as unknown as Noted[];

  it.each([1, 2, 3])(
    'keeps the last position of every log and partition, and what others may not take for theirs: seed %i',
    { timeout: 240_000 },
    async (seed) => {
      const draw = random(seed);
      const now = Date.now();
      await sql.queries.change(`DELETE FROM ${table()} WHERE TRUE`);
      const [before, meanwhile] = [history(draw, now), history(draw, now)];
      const asked = KEYS[Math.floor(draw() * KEYS.length)]!;
      const trim = () => sql.queries.change(trimStatement(settings));
      const check = async (all: readonly Noted[]) => {
        const left = await found();
        expect(lines(left)).toEqual(lines(kept(all, now)));
        const told = await toldBy(all);
        expect(await toldBy(left)).toEqual(told);
        expect(await sql.lastPosition(asked)).toBe(told[KEYS.indexOf(asked)]);
      };
      await insert(before);
      expect(await trim()).toBe(before.length - kept(before, now).length);
      await check(before);
      // Several at once, while others write; one that is refused for it tries again tomorrow.
      await Promise.all([insert(meanwhile), ...[1, 2, 3].map(() => trim().catch(() => 0))]);
      await trim();
      await check([...before, ...meanwhile]);
    },
  );

  it('is begun by the worker, on rows that it wrote itself', { timeout: 60_000 }, async () => {
    await sql.queries.change(`DELETE FROM ${table()} WHERE TRUE`);
    const at = (position: number | null, days: number): Noted => ({
      ...{ ...KEY, position },
      updated_at: new Date(Date.now() - days * DAY_MS).toISOString(),
    });
    await insert([at(null, 3), at(4, 3), at(9, 2)]);
    const open = (trimMs: number) =>
      openBigqueryWriter(openSql(settings), {
        ...{ ...settings, storageEndpoint: `http://127.0.0.1:${bigquery.grpcPort}` },
        ...{ openedMs: 1, positionsMs: 1, trimMs },
      });
    const writing = await open(600_000);
    const writer = await writing.openPartition(KEY, null);
    await writer.append([10, 11].map((offset) => row(offset, { received_at: new Date().toISOString() })));
    await until('the position', async () => (await found()).some(({ position }) => position === 11), 20_000);
    const trimming = await open(1);
    await until('the trimming', async () => !(await found()).some(({ position }) => position === 4), 20_000);
    await Promise.all([writing.close(), trimming.close()]);
    const left = (await found()).map(({ position }) => position);
    expect(left.filter((position) => position !== null && position < 10)).toEqual([]);
    expect(await sql.lastPosition(KEY)).toBe(11);
  });
});
