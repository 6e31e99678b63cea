import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openLog } from '../../src/log/open.js';
import type { Log } from '../../src/log/port.js';

const VALUE = Buffer.alloc(700, 'v');
const RUN_MS = 1_500;

interface Rate {
  readonly recordsPerSecond: number;
  /** Of the whole process, the disk's system calls included. */
  readonly cpuMicrosPerRecord: number;
}

async function timed(work: () => Promise<number>): Promise<Rate> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const records = await work();
  const seconds = (performance.now() - begin) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    recordsPerSecond: Math.round(records / seconds),
    cpuMicrosPerRecord: Number(((user + system) / records).toFixed(2)),
  };
}

/** Callers that each append one record, wait for the answer, and append the next. */
async function append(log: Log, callers: number, ms: number): Promise<number> {
  const until = performance.now() + ms;
  let records = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const { state, error } = await log.append([{ key: null, value: VALUE, timestamp: 1 }]).answer;
      if (state !== 'stored') throw error;
      records += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return records;
}

function consume(log: Log, group: string, records: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    const handlers = {
      onAssigned: async () => {},
      onRevoked: async () => {},
      onBatch: async (batch: { records: readonly unknown[] }) => {
        seen += batch.records.length;
        if (seen >= records) resolve(seen);
      },
    };
    log.consume(group, handlers).then((consumer) => consumer.done.catch(reject), reject);
  });
}

/** CPU of a process that follows another one's slot with nothing to read, as a share of one core. */
async function idle(folder: string, group: string): Promise<number> {
  const log = await openLog(`embedded:${folder}`, { role: 'read' });
  const handlers = { onAssigned: async () => {}, onBatch: async () => {}, onRevoked: async () => {} };
  await log.consume(group, handlers, { from: 'latest' });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { cpuMicrosPerRecord } = await timed(() => new Promise((resolve) => setTimeout(resolve, 3_000, 1)));
  await log.close();
  return Number((cpuMicrosPerRecord / 3_000_000).toFixed(5));
}

/** Seconds to scan a gigabyte when the published end is lost, as after a power cut. */
async function recovery(folder: string): Promise<number> {
  const segmentBytes = 2 ** 31;
  const log = await openLog(`embedded:${folder}`, { role: 'both', segmentBytes });
  const records = Array.from({ length: 1_000 }, () => ({ key: null, value: VALUE, timestamp: 1 }));
  for (let i = 0; i < 500; i++) await log.append(records).answer;
  await log.close();
  await rm(join(folder, '00000', 'end'));
  const begin = performance.now();
  const again = await openLog(`embedded:${folder}`, { role: 'both', segmentBytes });
  const seconds = (performance.now() - begin) / 1_000;
  await again.close();
  return Number(((seconds / (500_000 * (VALUE.length + 32))) * 2 ** 30).toFixed(2));
}

/** Costs of the embedded log on this machine. */
export async function run(): Promise<object> {
  const root = await mkdtemp(join(tmpdir(), 'stargate-bench-log-'));
  try {
    const folder = join(root, 'log');
    const log = await openLog(`embedded:${folder}`, { role: 'both' });
    await append(log, 256, 500);
    const appends: Record<string, Rate> = {};
    for (const callers of [1, 64, 256, 512]) {
      appends[callers] = await timed(() => append(log, callers, RUN_MS));
    }
    const stored = (await log.lag('any'))[0]!.records;
    await consume(log, 'warm', stored);
    const consumed = await timed(() => consume(log, 'measured', stored));
    const idleShare = await idle(folder, 'idle');
    await log.close();
    const recoverySecondsPerGiB = await recovery(join(root, 'recovery'));
    return { valueBytes: VALUE.length, appends, consumed, idleShare, recoverySecondsPerGiB };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
}
