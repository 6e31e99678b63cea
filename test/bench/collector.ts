/**
 * Server CPU per acknowledged event: the collector over a log that stores nothing and over the embedded log (group
 * commit and fdatasync included), beside node:http alone. 256 connections, one request at a time each; kinds take turns.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, envelope, load, median, type Server, startServer } from './_collector-rig.js';

const ROUNDS = 5;
const WINDOW_MS = 1_000;
const KINDS = ['raw', 'none', 'embedded'] as const;

async function cpuOf({ control }: Server): Promise<number> {
  const { user, system } = (await (await fetch(`http://127.0.0.1:${control}`)).json()) as NodeJS.CpuUsage;
  return user + system;
}

/** µs of server CPU per event, and events a second. */
async function measure(server: Server, bodies: readonly string[], events: number) {
  const running = load(server.port, bodies);
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS / 3));
  const [cpu, answered, began] = [await cpuOf(server), running.answered(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const count = (running.answered() - answered) * events;
  const used = (await cpuOf(server)) - cpu;
  const perSecond = (count / (performance.now() - began)) * 1_000;
  await running.stop();
  return { cpuMicros: used / count, perSecond };
}

export async function run(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'stargate-bench-collector-'));
  const servers = new Map<string, Server>();
  const results: Record<string, object> = {};
  try {
    const script = compile(folder);
    for (const kind of KINDS) servers.set(kind, await startServer(script, kind, folder));
    // Compiled code and full caches, as in a server that has been up for a minute.
    for (const server of servers.values()) await measure(server, [envelope(1, 0), envelope(20, 1)], 1);
    for (const events of [1, 20]) {
      const bodies = Array.from({ length: 512 }, (_, sequence) => envelope(events, sequence));
      const taken = new Map<string, { cpuMicros: number; perSecond: number }[]>(
        KINDS.map((kind) => [kind, []]),
      );
      for (let round = 0; round < ROUNDS; round++) {
        for (const kind of KINDS) taken.get(kind)!.push(await measure(servers.get(kind)!, bodies, events));
      }
      for (const [kind, rounds] of taken) {
        results[`${kind}_${events}`] = {
          cpuMicrosPerEvent: median(rounds.map(({ cpuMicros }) => cpuMicros)),
          eventsPerSecond: median(rounds.map(({ perSecond }) => perSecond)),
        };
      }
      results[`bytes_${events}`] = { perEvent: Buffer.byteLength(bodies[0]!) / events };
    }
  } finally {
    for (const { child } of servers.values()) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

if (process.argv[1] === import.meta.filename)
  process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
