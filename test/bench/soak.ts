/**
 * `dev` under a steady load: does its memory level off? Resident memory twice a minute, its slope after the first
 * two minutes, and what is resident once all is quiet again.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { start } from '../helpers/running.js';
import { pageView } from './_payloads.js';

const RATE = 300;
const SECONDS = Number(process.env.STARGATE_BENCH_SECONDS ?? 600);
const WARM_UP_SECONDS = Math.min(120, SECONDS / 5);
const LOOK_MS = 5_000;

interface Look {
  readonly seconds: number;
  readonly rssMiB: number;
}

const residentMiB = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);

/** Least squares, MiB a minute: a single look moves by 30 MiB with DuckDB's checkpoints. */
function slopeOf(looks: readonly Look[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(looks.map(({ seconds }) => seconds)), mean(looks.map(({ rssMiB }) => rssMiB))];
  const above = looks.reduce((sum, { seconds, rssMiB }) => sum + (seconds - x) * (rssMiB - y), 0);
  const below = looks.reduce((sum, { seconds }) => sum + (seconds - x) ** 2, 0);
  return (above / below) * 60;
}

export async function run(): Promise<object> {
  const data = mkdtempSync(join(tmpdir(), 'stargate-bench-soak-'));
  try {
    const dev = await start(['dev', '--port', '0', '--data', data, '--drain-wait', '0']);
    const looks: Look[] = [];
    const began = performance.now();
    const look = () =>
      looks.push({ seconds: (performance.now() - began) / 1000, rssMiB: residentMiB(dev.pid) });
    const looking = setInterval(look, LOOK_MS);
    const accepted = await load(dev.ready.collector!, began);
    clearInterval(looking);
    await sleep(30_000);
    const quietRssMiB = residentMiB(dev.pid);
    await dev.stop();
    return {
      ratePerSecond: RATE,
      events: RATE * SECONDS,
      accepted,
      rssMiB: looks.filter((_, index) => index % 6 === 5).map(({ rssMiB }) => rssMiB),
      slopeMiBPerMinute: slopeOf(looks.filter(({ seconds }) => seconds > WARM_UP_SECONDS)),
      quietRssMiB,
    };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** Sends at the fixed rate, one event a request; resolves to the number of 202 answers. */
async function load(base: string, began: number): Promise<number> {
  const sender = new Pool(base, { connections: 32 });
  let accepted = 0;
  const send = async (id: string) => {
    const { statusCode, body } = await sender.request({
      path: '/v1/events',
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: pageView(id),
    });
    await body.dump();
    if (statusCode === 202) accepted++;
  };
  for (let sent = 0; sent < RATE * SECONDS; ) {
    const due = Math.min(RATE * SECONDS, Math.floor(((performance.now() - began) / 1000) * RATE));
    for (; sent < due; sent++) void send(`soak-${sent}`);
    await sleep(2);
  }
  await sender.close();
  return accepted;
}
