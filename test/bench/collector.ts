/**
 * Server CPU per acknowledged event: the collector over a log that stores nothing and over the embedded log (group
 * commit and fdatasync included), beside node:http alone. 256 connections, one request at a time each; kinds take turns.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'undici';

const CONNECTIONS = 256;
const ROUNDS = 5;
const WINDOW_MS = 1_000;
const KINDS = ['raw', 'none', 'embedded'] as const;

const HEADERS = {
  'content-type': 'text/plain;charset=UTF-8',
  origin: 'https://www.shop.example',
  referer: 'https://www.shop.example/',
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
  accept: '*/*',
  'accept-language': 'pt-BR,pt;q=0.9,en;q=0.8',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'x-forwarded-for': '203.0.113.7,34.120.0.1',
};

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly control: number;
}

const root = join(import.meta.dirname, '..', '..');

/** Compiled as for users: what runs sources directly names every function again each time it is made. */
function compile(folder: string): string {
  const options = [
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--lib',
    'es2023',
    '--types',
    'node',
    '--skipLibCheck',
    '--noCheck',
    '--ignoreConfig',
  ];
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const source = join(root, 'test', 'bench', '_collector-server.ts');
  const built = join(folder, 'built');
  spawnSync(process.execPath, [
    compiler,
    source,
    ...options,
    '--rootDir',
    root,
    '--outDir',
    built,
    '--noCheck',
  ]);
  writeFileSync(join(built, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'));
  return join(built, 'test', 'bench', '_collector-server.js');
}

async function startServer(script: string, kind: string, folder: string): Promise<Server> {
  const child = spawn(process.execPath, [script, kind, join(folder, kind)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { port: number; control: number }) };
}

async function cpuOf({ control }: Server): Promise<number> {
  const { user, system } = (await (await fetch(`http://127.0.0.1:${control}`)).json()) as NodeJS.CpuUsage;
  return user + system;
}

/** A page view of about 700 bytes, as the tracker sends it; ids differ, as they do in life. */
function envelope(events: number, sequence: number): string {
  const now = Date.now();
  const list = Array.from({ length: events }, (_, index) => ({
    id: `0190a5c2-7d1e-7a3b-9c4d-${String(sequence * 50 + index).padStart(12, '0')}`,
    name: 'page_view',
    ts: now,
    data_layer: { event: 'page_view', page_type: 'product', product_id: 'CHAL-600', category: 'cafe' },
  }));
  const page = {
    location: 'https://www.shop.example/p/chaleira-gota?utm_source=news&utm_medium=email',
    title: 'Chaleira Gota',
    referrer: 'https://www.shop.example/',
  };
  const ids = {
    client_id: '1234567890.1720000000',
    client_id_source: 'ga',
    session_id: 1720000123,
    session_number: 3,
  };
  const ctx = {
    page,
    ids,
    consent: { analytics_storage: 'granted', ad_storage: 'denied' },
    device: { language: 'pt-BR', screen: '1920x1080' },
    tracker: '1.0.0',
  };
  return JSON.stringify({ v: 1, k: 'pk_shop', sent_at: now, ctx, events: list });
}

interface Load {
  readonly answered: () => number;
  stop(): Promise<void>;
}

/** Every connection sends its next request when it has the answer. */
function load(port: number, bodies: readonly string[]): Load {
  const clients = Array.from(
    { length: CONNECTIONS },
    () => new Client(`http://127.0.0.1:${port}`, { pipelining: 1 }),
  );
  let answered = 0;
  let refused = 0;
  let sequence = 0;
  let stopped = false;
  const send = (client: Client): void => {
    if (stopped) return;
    client.dispatch(
      { path: '/v1/events', method: 'POST', headers: HEADERS, body: bodies[sequence++ % bodies.length]! },
      {
        onConnect() {},
        onHeaders(status) {
          if (status === 202) answered++;
          else refused++;
          return true;
        },
        onData: () => true,
        onComplete: () => send(client),
        onError: () => send(client),
      },
    );
  };
  for (const client of clients) send(client);
  return {
    answered: () => answered,
    async stop() {
      stopped = true;
      await Promise.all(clients.map((client) => client.destroy()));
      if (refused > 0) throw new Error(`${refused} requests were refused: nothing was measured`);
    },
  };
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

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

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
