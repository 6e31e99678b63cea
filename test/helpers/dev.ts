/** `stargate dev` as a tester of a site uses it: a real process, asked over HTTP. */
import { expect } from 'vitest';
import { type Running, start } from './running.js';

export type Row = Readonly<Record<string, unknown>>;

export interface Counts {
  readonly total: number;
  readonly good: number;
  readonly bad: number;
}

export interface Dev {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly process: Running;
  /** Waits until the condition of `/dev/wait` holds, such as `good=3&bad=0`; fails the test when it does not. */
  wait(condition: string): Promise<void>;
  counts(): Promise<Counts>;
  /** Rows of `events`, newest first. */
  good(filter?: string): Promise<Row[]>;
  bad(filter?: string): Promise<Row[]>;
  query(sql: string): Promise<Row[]>;
  reset(): Promise<void>;
  /** Posts one envelope of the write key `dev`. */
  send(events: readonly unknown[], parameters?: string): Promise<Response>;
}

/**
 * Starts `stargate dev` on any free port with data that ends with it; `cwd` is where it looks for its stargate.json.
 * `endAll` of running.ts ends the process.
 */
export async function startDev(cwd?: string): Promise<Dev> {
  const process = await start(['dev', '--port', '0', '--ephemeral'], cwd === undefined ? {} : { cwd });
  const url = process.ready.collector!;
  const post = (path: string, body: unknown) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  async function get<T>(path: string): Promise<T> {
    const answer = await fetch(url + path);
    if (!answer.ok) expect.fail(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
  return {
    url,
    process,
    wait: async (condition) => void (await get(`/dev/wait?${condition}&timeout=15000`)),
    counts: () => get('/dev/all'),
    good: (filter = '') => get(`/dev/good?limit=1000&${filter}`),
    bad: (filter = '') => get(`/dev/bad?limit=1000&${filter}`),
    async query(sql) {
      const answer = await post('/dev/query', { sql });
      if (!answer.ok) expect.fail(`${sql}: ${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { rows: Row[] }).rows;
    },
    async reset() {
      expect((await post('/dev/reset', {})).status).toBe(200);
    },
    send: (events, parameters = '') => post(`/v1/events${parameters}`, { v: 1, k: 'dev', events }),
  };
}

/** Everything that the warehouse holds, every column of every table, as one text. */
export async function everythingStored(dev: Dev): Promise<string> {
  const tables = [
    'events',
    'events_rejected',
    'events_deduped',
    'events_ga4',
    'events_v2_compat',
    'sessions',
  ];
  const contents = await Promise.all(tables.map((table) => dev.query(`SELECT * FROM ${table}`)));
  return JSON.stringify(contents);
}
