import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sink, SinkOptions } from './sink.js';
import { ask, askOwner } from './warehouse.js';

const HELD = `SELECT (SELECT count(*) FROM events) AS events,
  (SELECT count(DISTINCT (kafka_partition, kafka_offset)) FROM events_rejected) AS rejected,
  (SELECT coalesce(sum(position + 1), 0) FROM stargate_positions) AS done`;

/** A file in the stage's folder. */
export async function openDuckdbSink({ folder, canFail }: SinkOptions): Promise<Sink> {
  const file = join(folder, 'warehouse.duckdb');
  const trouble = canFail ? troubled(folder) : null;
  const tell = async (times: number, away: boolean): Promise<void> => {
    if (trouble === null) throw new Error('a sink that was not meant to fail');
    trouble.tell(times, away);
  };
  return {
    flags: ['--warehouse', `duckdb:${file}`],
    env: trouble?.env ?? {},
    slow: (times) => tell(times, false),
    away: () => tell(1, true),
    whole: () => tell(1, false),
    async rows() {
      const all = await ask(file, 'SELECT event_id, kafka_partition, kafka_offset FROM events');
      return all.map((row) => ({ id: String(row.event_id), ...spotOf(row) }));
    },
    async rejected() {
      return (await ask(file, 'SELECT kafka_partition, kafka_offset FROM events_rejected')).map(spotOf);
    },
    async repeatedInView() {
      const sql = 'SELECT count(*) - count(DISTINCT event_id) AS n FROM events_deduped';
      return Number((await ask(file, sql))[0]!.n);
    },
    async held() {
      const [row] = (await askOwner(file, HELD)) ?? [];
      if (!row) return null;
      return { rows: Number(row.events), rejected: Number(row.rejected), done: Number(row.done) };
    },
    async byPartition() {
      const sql = 'SELECT kafka_partition AS partition, count(*) AS n FROM events GROUP BY ALL';
      const rows = (await askOwner(file, sql)) ?? [];
      return new Map(rows.map(({ partition, n }) => [Number(partition), Number(n)]));
    },
    close: async () => {},
  };
}

const spotOf = (row: Readonly<Record<string, unknown>>) => ({
  partition: Number(row.kafka_partition),
  offset: Number(row.kafka_offset),
});

/** No proxy can stand before DuckDB, which lives in the worker: its port itself is made slow there. */
function troubled(folder: string) {
  const file = join(folder, 'sink.json');
  const tell = (times: number, away: boolean): void => {
    writeFileSync(`${file}.new`, JSON.stringify({ times, away }));
    renameSync(`${file}.new`, file);
  };
  tell(1, false);
  const preload = new URL('./slow-sink.mjs', import.meta.url).href;
  return { tell, env: { NODE_OPTIONS: `--import ${preload}`, STARGATE_TEST_SINK: file } };
}
