/**
 * The worker with a backlog: a log filled beforehand, drained into DuckDB by a real `stargate worker`. Rows a
 * second, CPU of the process per row, and its memory from the first tenth to the last.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { openLog } from '../../src/log/open.js';
import { start } from '../helpers/running.js';
import { statusOf } from './_processes.js';
import { ID, recordText } from './_worker-rig.js';

const RECORDS = Number(process.env.STARGATE_BENCH_RECORDS ?? 1_000_000);

async function fill(url: string): Promise<number> {
  const log = await openLog(url, { role: 'append', groups: ['stargate'], maxBytes: 2 ** 36 });
  const [text, timestamp] = [recordText(), Date.now()];
  for (let at = 0; at < RECORDS; at += 1_000) {
    const records = Array.from({ length: Math.min(1_000, RECORDS - at) }, (_, index) => ({
      key: null,
      value: Buffer.from(text.replace(ID, `bench-${String(at + index).padStart(12, '0')}`)),
      timestamp,
    }));
    const { state, error } = await log.append(records).answer;
    if (state !== 'stored') throw error;
  }
  await log.close();
  return Buffer.byteLength(text);
}

async function storedRows(admin: string): Promise<number> {
  const { body } = await request(`${admin}/metrics`);
  return Number(/^stargate_worker_rows_total (\d+)/m.exec(await body.text())?.[1] ?? 0);
}

export async function run(): Promise<object> {
  const data = mkdtempSync(join(tmpdir(), 'stargate-bench-worker-'));
  const log = `embedded:${join(data, 'log')}`;
  try {
    const bytesPerRecord = await fill(log);
    const worker = await start([
      'worker',
      '--admin-port',
      '0',
      '--log',
      log,
      '--warehouse',
      `duckdb:${join(data, 'w.duckdb')}`,
    ]);
    const began = performance.now();
    const before = statusOf(worker.pid);
    const rssMiB: number[] = [];
    let rows = 0;
    while (rows < RECORDS) {
      await sleep(100);
      rows = await storedRows(worker.ready.admin!);
      if (rows >= (rssMiB.length * RECORDS) / 10) rssMiB.push(statusOf(worker.pid).rssMiB);
    }
    const seconds = (performance.now() - began) / 1000;
    const cpu = statusOf(worker.pid).cpuSeconds - before.cpuSeconds;
    await worker.stop();
    return {
      records: RECORDS,
      bytesPerRecord,
      rowsPerSecond: RECORDS / seconds,
      cpuMicrosecondsPerRow: (cpu / RECORDS) * 1e6,
      rssMiB,
    };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
