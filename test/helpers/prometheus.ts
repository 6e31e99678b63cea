/**
 * A real Prometheus with the configuration and the rules that this project ships, which asks the admin ports of real
 * processes: inside `describeWith('prometheus', …)`, closed by who started it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCache } from './cache.js';
import { startServer } from './local-server.js';
import { freePorts } from './ports.js';
import { root } from './source.js';

export const MONITORING = join(root, 'templates', 'monitoring');

/** Who is asked: URLs of admin ports, by the files of `targets/`. */
export type Targets = Readonly<Record<'collector' | 'worker', readonly string[]>>;

/** An alert that has come, and when it came first, in ms since 1970. */
export interface Firing {
  readonly alert: string;
  readonly from: number;
}

export interface Prometheus {
  readonly url: string;
  /** Result of an instant query. Errors: what Prometheus says of it. */
  query<T>(expression: string): Promise<T[]>;
  /** Any other question of its API: its `data`. */
  ask<T>(path: string): Promise<T>;
  /** Which alerts have fired until now, the first one first. `pending` is not firing. */
  fired(): Promise<Firing[]>;
  output(): string;
  close(): Promise<void>;
}

/** The folder with `prometheus` and `promtool`, '' where they are on PATH, or null. */
export function findPrometheus(): string | null {
  const fetched = join(testCache(), 'prometheus');
  if (existsSync(join(fetched, 'promtool'))) return fetched;
  try {
    for (const tool of ['prometheus', 'promtool']) execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return '';
  } catch {
    return null;
  }
}

const tool = (name: 'prometheus' | 'promtool'): string => join(findPrometheus() ?? '', name);

/** Runs promtool in the shipped folder; what it printed. Throws with it when it finds fault. */
export const promtool = (...args: string[]): string =>
  execFileSync(tool('promtool'), args, { cwd: MONITORING, encoding: 'utf8', stdio: 'pipe' });

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

export async function startPrometheus(targets: Targets): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'stargate-prometheus-'));
  cpSync(MONITORING, folder, { recursive: true });
  for (const [name, urls] of Object.entries(targets)) {
    const list = [{ targets: urls.map((one) => new URL(one).host) }];
    // JSON is YAML.
    writeFileSync(join(folder, 'targets', `${name}.yml`), JSON.stringify(list));
  }
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    command: tool('prometheus'),
    args: [
      ...['--config.file=prometheus.yml', '--storage.tsdb.path=data', '--log.level=warn'],
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    folder,
    ready: `${url}/-/ready`,
  });
  const ask = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as { data: T; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.data;
  };
  const query = async <T>(expression: string): Promise<T[]> =>
    (await ask<{ result: T[] }>(`query?query=${encodeURIComponent(expression)}`)).result;
  const fired = async (): Promise<Firing[]> =>
    (await query<Series>('ALERTS{alertstate="firing"}[1d]'))
      .map(({ metric, values }) => ({ alert: metric.alertname!, from: values[0]![0] * 1_000 }))
      .toSorted((left, right) => left.from - right.from);
  return { url, query, ask, fired, ...server };
}
