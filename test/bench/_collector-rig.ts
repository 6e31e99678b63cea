/** What the benchmarks of collectors share: servers in processes of their own, and 256 connections that load them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'undici';

export const CONNECTIONS = 256;
const MOST_REFUSED = 0.02;

export const HEADERS = {
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

export interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly control: number;
}

const root = join(import.meta.dirname, '..', '..');

/** Compiled as for users: what runs sources directly names every function again each time it is made. */
export function compile(folder: string): string {
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

/** `before`: a command that the server is started with, such as taskset. */
export async function startServer(
  script: string,
  kind: string,
  folder: string,
  before: readonly string[] = [],
): Promise<Server> {
  const [command, ...args] = [...before, process.execPath, script, kind, join(folder, kind)];
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { port: number; control: number }) };
}

/** A page view of about 700 bytes, as the tracker sends it; ids differ, as they do in life. */
export function envelope(events: number, sequence: number): string {
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

export interface Load {
  readonly answered: () => number;
  stop(): Promise<void>;
}

/** Every connection sends its next request when it has the answer. */
export function load(port: number, bodies: readonly string[]): Load {
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
      // On a busy machine a server is late now and then, and sheds a few.
      if (refused > MOST_REFUSED * answered)
        throw new Error(`${refused} requests were refused, ${answered} were not: nothing was measured`);
    },
  };
}

export const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
