import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import type { BigquerySql } from '../../../src/warehouse/bigquery/adapter.js';
import type { Faults } from './faults.js';
import { DATASET } from './index.js';
import type { Counts, ServerOptions } from './server.js';

export interface RemoteCounts extends Counts {
  readonly latency: {
    readonly count: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly rssMiB: number;
}

/** Asks a write server in another process. */
export async function ask<T>(control: number, route: string, body: object = {}): Promise<T> {
  const answer = await request(`http://127.0.0.1:${control}/${route}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (answer.statusCode !== 200) throw new Error(await answer.body.text());
  return (await answer.body.json()) as T;
}

/** What SQL would say, asked of the server's process. */
export const remoteSql = (control: number, table: string): BigquerySql => ({
  tables: { events: table, rejected: 'events_rejected' },
  planSchema: async () => [],
  applySchema: async () => {},
  query: async () => {
    throw new Error('no SQL here');
  },
  clear: async () => {},
  lastPosition: (key) => ask(control, 'last', { dataset: DATASET, table, key }),
  trimPositions: async () => {},
  close: async () => {},
});

/** A write server in a process of its own. */
export class RemoteServer {
  readonly endpoint: string;
  readonly port: number;
  readonly control: number;
  readonly close: () => Promise<void>;
  /** Of the process. One that is stopped does not end by `close`. */
  readonly signal: (name: 'SIGSTOP' | 'SIGCONT') => void;

  private constructor(port: number, control: number, of: Pick<RemoteServer, 'close' | 'signal'>) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.port = port;
    this.control = control;
    this.close = of.close;
    this.signal = of.signal;
  }

  static async start(options: ServerOptions = {}): Promise<RemoteServer> {
    const file = fileURLToPath(new URL('./process.ts', import.meta.url));
    const child = fork(file, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
    const exited = once(child, 'exit');
    const [{ port, control }] = (await once(child, 'message')) as [{ port: number; control: number }];
    const close = async (): Promise<void> => {
      if (child.connected) child.disconnect();
      await exited;
    };
    return new RemoteServer(port, control, { close, signal: (name) => void child.kill(name) });
  }

  faults(faults: Partial<Faults>): Promise<void> {
    return ask(this.control, 'faults', faults);
  }

  counts(): Promise<RemoteCounts> {
    return ask(this.control, 'counts');
  }

  /** `partition/offset` of every row, as often as it is stored. */
  places(table = 'realtime'): Promise<string[]> {
    return ask(this.control, 'places', { path: `${DATASET}/${table}` });
  }

  /** Id, partition and offset of every row of the event table. */
  events(table = 'realtime'): Promise<[id: string, partition: number, offset: number][]> {
    return ask(this.control, 'events', { path: `${DATASET}/${table}` });
  }

  /** Rows of the event table by partition. */
  byPartition(table = 'realtime'): Promise<Record<string, number>> {
    return ask(this.control, 'by-partition', { path: `${DATASET}/${table}` });
  }

  count(table = 'realtime'): Promise<number> {
    return ask(this.control, 'count', { path: `${DATASET}/${table}` });
  }
}
