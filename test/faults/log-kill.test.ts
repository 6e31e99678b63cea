import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { EndReader } from '../../src/log/embedded/end-file.js';
import { openLog } from '../../src/log/open.js';
import type { Batch } from '../../src/log/port.js';
import { ensureBuilt } from '../helpers/cli.js';
import { Collector, tempFolder, until } from '../helpers/log.js';

const CHILD = fileURLToPath(new URL('../helpers/log-child.mjs', import.meta.url));
const ROUNDS = 20;

interface Appender {
  readonly process: ChildProcess;
  readonly acknowledged: Map<number, string>;
}

function appender(folder: string, life: number): Appender {
  const child = spawn(process.execPath, [CHILD, 'append', folder, String(life)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const one: Appender = { process: child, acknowledged: new Map() };
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    // A line that the kill cut off is no acknowledgement that anybody has read.
    rest = lines.pop()!;
    for (const line of lines) {
      const [word, position, text] = line.split(' ');
      if (word === 'ack') one.acknowledged.set(Number(position), text!);
    }
  });
  return one;
}

/** The text of a record, after a look whether it is whole. */
function wholeText(value: Buffer): string {
  const [text, , again] = value.toString().split('|');
  expect(again).toBe(text);
  return text!;
}

/** A reader beside the writer that fails as soon as it sees a record behind the published end. */
async function follow(folder: string): Promise<Collector> {
  const log = await openLog(`embedded:${folder}`, { role: 'read', onWarning: (text) => expect.fail(text) });
  const ends = new EndReader(`${folder}/00000`);
  const seen = new Collector();
  seen.onBatch = async (batch: Batch) => {
    const { end } = ends.read()!;
    for (const { position, value } of batch.records) {
      expect(position).toBeLessThan(end.offset);
      wholeText(value);
    }
    seen.batches.push(batch);
  };
  await log.consume('beside', seen);
  onTestFinished(async () => {
    await log.close();
    ends.close();
  });
  return seen;
}

beforeAll(ensureBuilt, 150_000);

it(`loses nothing acknowledged when its process is killed ${ROUNDS} times`, {
  timeout: 300_000,
}, async () => {
  const folder = await tempFolder();
  const acknowledged = new Map<number, string>();
  let seen: Collector | null = null;
  for (let life = 0; life < ROUNDS; life++) {
    const { process: child, acknowledged: mine } = appender(folder, life);
    await until(`acknowledgements of life ${life}`, () => mine.size > 50 + 100 * (life % 7), 30_000);
    seen ??= await follow(folder);
    child.kill('SIGKILL');
    await once(child, 'close');
    for (const [position, text] of mine) acknowledged.set(position, text);
  }
  const log = await openLog(`embedded:${folder}`, { role: 'both', onWarning: (text) => expect.fail(text) });
  onTestFinished(() => log.close());
  const all = new Collector();
  const consumer = await log.consume('after', all);
  const count = (await log.lag('nobody'))[0]!.records;
  await until('all records', () => all.records.length === count, 30_000);
  await until('the reader beside', () => seen!.records.length === count, 30_000);
  await consumer.close();
  const found = new Map(all.records.map(({ position, value }) => [position as number, wholeText(value)]));
  const lost = [...acknowledged].filter(([position, text]) => found.get(position) !== text);
  expect({ acknowledged: acknowledged.size > 1_000, lost }).toEqual({ acknowledged: true, lost: [] });
  expect(new Set(found.values()).size).toBe(found.size);
  expect(seen!.records.map(({ value }) => wholeText(value))).toEqual([...found.values()]);
});
