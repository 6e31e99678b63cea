/**
 * What the load generator costs and how true its pace is, against a sink that does next to nothing. Requests a
 * second of one client core are answers by the client's CPU time, so that a busy machine shows less of itself; beside
 * them undici's dispatch in a bare loop, and autocannon and wrk where they are installed. Kinds take turns.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LoadReport } from '../../src/measure/load/report.js';
import { ensureBuilt } from '../helpers/cli.js';

const ROUNDS = 5;
const CLOSED_MS = 2_000;
const OPEN = { kind: 'constant', rate: 10_000, durationMs: 5_000 };
const here = import.meta.dirname;

interface Cost {
  readonly cpuMicros: number;
  readonly answered: number;
}

const node = (script: string, ...args: string[]): string =>
  execFileSync(process.execPath, [join(here, script), ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 });

async function sink(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, [join(here, '_load-sink.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, port: (JSON.parse(line) as { port: number }).port };
}

const ours = (port: number, plan: object) =>
  JSON.parse(
    node('_load-client.mjs', JSON.stringify({ url: `http://127.0.0.1:${port}`, ...plan })),
  ) as Cost & {
    readonly report: LoadReport;
  };

const perCore = ({ answered, cpuMicros }: Cost) => (answered / cpuMicros) * 1e6;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

function openFigures(port: number) {
  const { report } = ours(port, { curve: OPEN });
  const { utilisation } = report.series;
  return {
    achievedShare: report.totals.achieved / OPEN.rate,
    lagP99Ms: report.latency.whole.lag.p99,
    responseP99Ms: report.latency.whole.response.p99,
    utilisation: utilisation.reduce((sum, value) => sum + value, 0) / utilisation.length,
  };
}

const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

/** Tools of others, by their own count of answers and the CPU time that the shell's `times` tells. */
function peers(port: number): Record<string, number> {
  const body = join(tmpdir(), `stargate-bench-load-${process.pid}`);
  writeFileSync(body, 'a'.repeat(1351));
  const url = `http://127.0.0.1:${port}/v1/events`;
  const script = `wrk.method="POST"; wrk.body=string.rep("a",1351)`;
  const commands = {
    autocannon: `autocannon --json -c 64 -d 2 -m POST -i ${body} ${url} 2>/dev/null`,
    wrk: `printf '%s' '${script}' > ${body}.lua; wrk -t1 -c64 -d2s -s ${body}.lua ${url}`,
  };
  return Object.fromEntries(
    Object.entries(commands)
      .filter(([name]) => has(name))
      .map(([name, command]) => [name, peerPerCore(command)]),
  );
}

function peerPerCore(command: string): number {
  const printed = execFileSync('bash', ['-c', `${command}; TIMEFORMAT=; times`], { encoding: 'utf8' });
  const [, total = '0'] =
    /"total":(\d+)/.exec(/"requests":\{[^}]*\}/.exec(printed)?.[0] ?? '') ??
    /(\d+) requests in/.exec(printed) ??
    [];
  const [user = 0, system = 0] = [
    ...printed
      .trim()
      .split('\n')
      .at(-1)!
      .matchAll(/(\d+)m([\d.]+)s/g),
  ].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return Number(total) / (user + system);
}

export async function run(): Promise<object> {
  await ensureBuilt();
  const { child, port } = await sink();
  try {
    const closed: number[] = [];
    const raw: number[] = [];
    const open: ReturnType<typeof openFigures>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      raw.push(perCore(JSON.parse(node('_load-raw.mjs', String(port), String(CLOSED_MS)))));
      closed.push(perCore(ours(port, { curve: null, durationMs: CLOSED_MS })));
      open.push(openFigures(port));
    }
    const of = (read: (figures: ReturnType<typeof openFigures>) => number) => median(open.map(read));
    return {
      closed: {
        perClientCore: median(closed),
        bareDispatchPerCore: median(raw),
        ratio: median(closed) / median(raw),
        ...peers(port),
      },
      open_10000: {
        achievedShare: of(({ achievedShare }) => achievedShare),
        lagP99Ms: of(({ lagP99Ms }) => lagP99Ms),
        responseP99Ms: of(({ responseP99Ms }) => responseP99Ms),
        utilisation: of(({ utilisation }) => utilisation),
      },
    };
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

if (process.argv[1] === import.meta.filename)
  process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
