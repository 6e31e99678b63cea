/** `replay` into a topic, and `forget` of what waits in a spool for one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { stargate } from '../../helpers/cli.js';
import { describeWith } from '../../helpers/needs.js';
import { start } from '../../helpers/running.js';
import { rows, send } from '../commands/support.js';
import { readAll } from './producing.js';
import { emptied, servingOver } from './serving.js';

/** More than two pages of rejected rows, over topics and partitions. */
const MANY = 11_003;

describeWith('kafka', 'replay and forget over Kafka', () => {
  const { folder, cluster, topic, serve, stored } = servingOver();

  it(`replay takes ${MANY} rejected rows into a topic, each once, page by page`, async () => {
    const dev = await start(['dev', '--port', '0'], { cwd: folder() });
    expect((await send(dev.ready.collector!, 'first')).status).toBe(202);
    expect(await dev.stop()).toBe(0);
    const instance = await DuckDBInstance.create(join(folder(), '.stargate', 'warehouse.duckdb'));
    const connection = await instance.connect();
    await connection.run(
      `INSERT INTO events_rejected (received_at, reason, source_id, raw, kafka_topic, kafka_partition, kafka_offset)
       SELECT TIMESTAMP '2026-03-01 12:00:00', 'record_invalid', 'shop0', '{"name":"late","id":"r' || n || '"}',
         CASE WHEN n % 3 = 0 THEN 'old' ELSE 'older' END, n % 2, n FROM range(${MANY}) t(n)`,
    );
    connection.closeSync();
    instance.closeSync();
    const log = await topic();
    const replay = ['replay', '--log', log, '--rate', '1000000', '--json'];
    const run = await stargate([...replay, '--yes'], { cwd: folder() });
    expect(run.status, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual({ sent: true, read: MANY, accepted: MANY, refused: {} });
    const records = await readAll(cluster(), log.slice(log.lastIndexOf('/') + 1));
    const ids = records.map(({ value }) => JSON.parse(value.toString()).event_id as string);
    expect(ids.toSorted()).toEqual(Array.from({ length: MANY }, (_, n) => `r${n}`).toSorted());
  });

  it('replay takes a file of more than a page, of which a part is no event', async () => {
    const lines = Array.from({ length: 5_200 }, (_, n) =>
      n % 100 === 7 ? '{"name":7}' : JSON.stringify({ id: `f${n}`, name: 'filed' }),
    );
    const log = await topic();
    const flags = ['--log', log, '--source', 'shop0', '--rate', '1000000', '--yes', '--json'];
    const run = await stargate(['replay', '-', ...flags], { cwd: folder(), input: `${lines.join('\n')}\n` });
    expect(run.status, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual({
      sent: true,
      read: 5_200,
      accepted: 5_148,
      refused: { field_type: 52 },
    });
    const records = await readAll(cluster(), log.slice(log.lastIndexOf('/') + 1));
    expect(new Set(records.map(({ value }) => JSON.parse(value.toString()).event_id)).size).toBe(5_148);
  });

  it('forget erases what waits in the spool: it is carried over as a rejected record, and others as they were', async () => {
    // The warehouse is there already.
    expect(await (await start(['dev', '--port', '0'], { cwd: folder() })).stop()).toBe(0);
    const log = await topic();
    const id = `${Date.now()}.1700000000`;
    await cluster().node(1).kill();
    try {
      const collector = await serve(log);
      for (const [client, name] of [
        [id, 'theirs'],
        ['9.9', 'kept'],
      ] as const) {
        const body = JSON.stringify({
          v: 1,
          k: 'dev',
          ctx: { ids: { client_id: client } },
          events: [{ name }],
        });
        const headers = { 'content-type': 'application/json', connection: 'close' };
        const answer = await fetch(`${collector.ready.collector}/v1/events`, {
          method: 'POST',
          headers,
          body,
        });
        expect(answer.status).toBe(202);
      }
      await collector.kill();
      expect(spoolHolds(id)).toBe(true);
      const forget = (...more: string[]) =>
        stargate(['forget', '--client-id', id, '--log', log, ...more, '--json'], { cwd: folder() });
      const dry = await forget('--dry-run');
      expect(JSON.parse(dry.stdout), dry.stderr).toMatchObject({ spool: { erased: 1, waiting: 0 } });
      const done = await forget('--confirm', id);
      expect(done.status, done.stderr).toBe(0);
      expect(JSON.parse(done.stdout)).toMatchObject({
        erased: true,
        log: null,
        spool: { erased: 1, waiting: 0 },
      });
      expect(spoolHolds(id)).toBe(false);
      expect(spoolHolds('9.9')).toBe(true);
    } finally {
      await cluster().node(1).start();
    }
    const again = await serve(log);
    await emptied(again);
    expect(await again.stop()).toBe(0);
    expect(await stored(log, 1)).toEqual(['kept']);
    expect(await rows(folder(), 'SELECT reason, raw FROM events_rejected')).toEqual([
      { reason: 'erased', raw: '' },
    ]);
  });

  /** Whether any file of the spool holds the text. */
  function spoolHolds(text: string): boolean {
    const spool = join(folder(), '.stargate', 'spool');
    const files = readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.log'),
    );
    return files.some((name) => readFileSync(join(spool, name)).includes(text));
  }
});
