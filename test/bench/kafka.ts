/**
 * The collector on a real broker: server CPU per acknowledged event, beside a collector of Stargate 2.0's shape
 * (peers/fastapi) and node:http alone, in turns. The server has core 0, the broker and the load share core 1; acks=all,
 * idempotent, 256 connections. Then acknowledgements at half of the greatest rate, and what an idle collector takes.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { servingFlags } from '../../src/runtime/processes.js';
import { BIN } from '../helpers/cli.js';
import { type Cluster, startCluster } from '../helpers/kafka/index.js';
import { compile, envelope, load, median, startServer } from './_collector-rig.js';
import { paced } from './_paced.js';
import { purchase } from './_payloads.js';
import { cpuMicrosOf } from './_processes.js';

const ROUNDS = Number(process.env.STARGATE_BENCH_ROUNDS ?? 3);
const WARM_REQUESTS = 20_000;
const WARM_MS = 700;
const WINDOW_MS = 2_000;
const PACED_MS = 6_000;
const IDLE_MS = 20_000;
const SERVER = ['taskset', '-c', '0'];

interface Contender {
  readonly child: ChildProcess;
  readonly port: number;
}

/** The first match of a line that the process prints; it then goes on unread. */
async function lineOf(child: ChildProcess, stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
  for await (const line of createInterface({ input: child[stream]! })) {
    const found = pattern.exec(line)?.[1];
    if (found === undefined) continue;
    child[stream]!.resume();
    return found;
  }
  throw new Error(`${child.spawnargs.join(' ')} ended before it served`);
}

/** One process, started as those of `serve --workers N` are. */
async function ours(cluster: Cluster, folder: string): Promise<Contender> {
  const origins = ['https://www.shop.example'];
  const source = { kind: 'browser', origins, timeZone: 'America/Sao_Paulo' };
  const sources = [
    { id: 'shop', key: 'pk_shop', ...source },
    { id: 'dev', key: 'dev', ...source },
  ];
  writeFileSync(join(folder, 'stargate.json'), JSON.stringify({ sources, trustedProxies: ['127.0.0.1/32'] }));
  const log = `kafka://${cluster.brokers.join()}/ours`;
  const flags = ['--log', log, '--ack', 'spool', '--workers', '1', '--port', '0', '--admin-port', '0'];
  const [command, ...args] = [
    ...SERVER,
    process.execPath,
    ...servingFlags([]),
    BIN,
    'serve',
    ...flags,
    '--json',
  ];
  const child = spawn(command!, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, port: Number(await lineOf(child, 'stdout', /"collector":"http:\/\/[^"]*:(\d+)"/)) };
}

/** `app`: as the documentation of its parts shows. `tuned`: what can be got out of them. */
async function peer(cluster: Cluster, module: 'app' | 'tuned'): Promise<Contender> {
  const source = join(import.meta.dirname, 'peers', 'fastapi');
  const venv = execFileSync(join(source, 'setup'), { encoding: 'utf8' }).trim();
  const serving = [
    '-w',
    '1',
    '-k',
    'uvicorn_worker.UvicornWorker',
    '--keep-alive',
    '60',
    '--backlog',
    '1024',
  ];
  const [command, ...args] = [
    ...SERVER,
    join(venv, 'bin', 'gunicorn'),
    ...serving,
    '-b',
    '127.0.0.1:0',
    `${module}:app`,
  ];
  const env = {
    ...process.env,
    PEER_BROKERS: cluster.brokers.join(),
    PEER_TOPIC: module,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const child = spawn(command!, args, { cwd: source, env, stdio: ['ignore', 'ignore', 'pipe'] });
  return { child, port: Number(await lineOf(child, 'stderr', /Listening at: http:\/\/127\.0\.0\.1:(\d+)/)) };
}

interface Figures {
  readonly cpuMicros: number;
  readonly perSecond: number;
}

/** µs of server CPU per event, and events a second. */
async function measure(
  { child, port }: Contender,
  bodies: readonly string[],
  events: number,
): Promise<Figures> {
  const running = load(port, bodies);
  await sleep(WARM_MS);
  const [cpu, answered, began] = [cpuMicrosOf(child.pid!), running.answered(), performance.now()];
  await sleep(WINDOW_MS);
  const count = (running.answered() - answered) * events;
  const used = cpuMicrosOf(child.pid!) - cpu;
  const perSecond = (count / (performance.now() - began)) * 1_000;
  await running.stop();
  return { cpuMicros: used / count, perSecond };
}

/** Compiled code and full caches, as in a server that has been up for a minute; on a busy machine less of it. */
async function warm({ port }: Contender, bodies: readonly string[]): Promise<void> {
  const running = load(port, bodies);
  const until = performance.now() + 15_000;
  while (running.answered() < WARM_REQUESTS && performance.now() < until) await sleep(50);
  await running.stop();
}

const SHAPES: readonly { name: string; events: number; body: (sequence: number) => string }[] = [
  { name: 'one', events: 1, body: (sequence) => envelope(1, sequence) },
  { name: 'twenty', events: 20, body: (sequence) => envelope(20, sequence) },
  {
    name: 'purchase',
    events: 1,
    body: (sequence) => purchase(`bench-${String(sequence).padStart(12, '0')}`),
  },
];

/** All contenders in turns, so that what else the machine does is shared fairly. */
async function compare(
  contenders: Record<string, Contender>,
  { name, events, body }: (typeof SHAPES)[number],
) {
  const bodies = Array.from({ length: 512 }, (_, sequence) => body(sequence));
  const taken = new Map(Object.keys(contenders).map((kind) => [kind, [] as Figures[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, contender] of Object.entries(contenders))
      taken.get(kind)!.push(await measure(contender, bodies, events));
  }
  const figures = [...taken].map(([kind, rounds]) => [
    kind,
    {
      cpuMicrosPerEvent: median(rounds.map(({ cpuMicros }) => cpuMicros)),
      best: Math.min(...rounds.map(({ cpuMicros }) => cpuMicros)),
      eventsPerSecond: median(rounds.map(({ perSecond }) => perSecond)),
    },
  ]);
  const of = Object.fromEntries(figures) as Record<string, { cpuMicrosPerEvent: number }>;
  const times = (kind: string) => of[kind]!.cpuMicrosPerEvent / of.ours!.cpuMicrosPerEvent;
  const overOurs = { peerOverOurs: times('peer'), tunedPeerOverOurs: times('tunedPeer') };
  return [name, { bytesPerEvent: Buffer.byteLength(bodies[0]!) / events, ...of, ...overOurs }] as const;
}

/** Share of a core over 20 s. */
async function idle({ child }: Contender): Promise<number> {
  const cpu = cpuMicrosOf(child.pid!);
  await sleep(IDLE_MS);
  return (cpuMicrosOf(child.pid!) - cpu) / (IDLE_MS * 1_000);
}

async function measured(contenders: Record<string, Contender>): Promise<object> {
  const load = { before: loadavg()[0], after: 0 };
  const bodies = Array.from({ length: 512 }, (_, sequence) => envelope(1, sequence));
  for (const contender of Object.values(contenders)) await warm(contender, bodies);
  const results = new Map<string, unknown>();
  for (const shape of SHAPES) results.set(...(await compare(contenders, shape)));
  const one = results.get('one') as Record<string, { eventsPerSecond: number }>;
  for (const kind of ['ours', 'peer'])
    results.set(
      `atHalf_${kind}`,
      await paced(contenders[kind]!.port, bodies, one[kind]!.eventsPerSecond / 2, PACED_MS),
    );
  results.set('idleShare', await idle(contenders.ours!));
  return { ...Object.fromEntries(results), load: { ...load, after: loadavg()[0] } };
}

/** Core 1 for this process, and for what it starts. */
const pin = () => execFileSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)], { stdio: 'ignore' });

export async function run(): Promise<object> {
  pin();
  const folder = mkdtempSync(join(tmpdir(), 'stargate-bench-kafka-'));
  const cluster = await startCluster({
    properties: { 'log.retention.bytes': 200_000_000, 'log.segment.bytes': 50_000_000 },
  });
  const contenders: Record<string, Contender> = {};
  try {
    for (const topic of ['ours', 'app', 'tuned']) await cluster.createTopic(topic, { partitions: 6 });
    await cluster.admin.disconnect();
    contenders.ours = await ours(cluster, folder);
    contenders.peer = await peer(cluster, 'app');
    contenders.tunedPeer = await peer(cluster, 'tuned');
    contenders.raw = await startServer(compile(folder), 'raw', folder, SERVER);
    return await measured(contenders);
  } finally {
    for (const { child } of Object.values(contenders)) {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
