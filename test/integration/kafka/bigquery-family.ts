import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { Faults } from '../../helpers/bigquery/faults.js';
import { tablesFor } from '../../helpers/bigquery/index.js';
import { RemoteServer } from '../../helpers/bigquery/remote.js';
import type { Cluster } from '../../helpers/kafka/index.js';
import { until } from '../../helpers/log.js';
import { eventValue } from '../../worker/scripted.js';
import { newTopic, producing } from './consumer-support.js';

export interface WorkerSettings {
  readonly log: string;
  readonly group: string;
  readonly endpoint: string;
  readonly control: number;
  readonly answerMs: number;
  readonly recountMs?: number | null;
  readonly membersFolder?: string;
}

const PATIENCE_MS = 120_000;
const GARBAGE_EVERY = 97;

/** Few and seldom enough that rows get through; each kind strikes many times a run. */
export const FAULTS: Partial<Faults> = {
  ...{ unavailable: 0.01, lost: 0.01, swallow: 0.005, hang: 0.002, quota: 0.01 },
  ...{ finalizeLost: 0.2, createFails: 0.2, delayMs: [5, 40], idleMs: 1_500, refuseEvery: 499 },
};

export interface WorkerProcess {
  readonly process: ChildProcess;
  /** News, in order. */
  readonly news: string[];
  /** News of this kind so far. */
  told(what: string): number;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Worker processes of one group, a topic that is being written to, and the write server that outlives them. */
export class Deployment {
  readonly server: RemoteServer;
  readonly workers: WorkerProcess[] = [];
  readonly #settings: WorkerSettings;
  readonly #load: { stop(): Promise<string[]> };
  readonly #refuseEvery: number;

  private constructor(
    server: RemoteServer,
    settings: WorkerSettings,
    load: { stop(): Promise<string[]> },
    refuseEvery: number,
  ) {
    this.server = server;
    this.#settings = settings;
    this.#load = load;
    this.#refuseEvery = refuseEvery;
  }

  static async start(
    cluster: Cluster,
    {
      partitions = 6,
      replicas = 1,
      faults = FAULTS,
    }: { partitions?: number; replicas?: number; faults?: Partial<Faults> } = {},
  ): Promise<Deployment> {
    const server = await RemoteServer.start({ tables: tablesFor('realtime'), seed: Date.now() % 1e6 });
    onTestFinished(() => server.close());
    await server.faults(faults);
    const topic = await newTopic(cluster, { partitions, replicas });
    const make = (i: number) =>
      i % GARBAGE_EVERY === 0 ? Buffer.from(`garbage ${i}`) : eventValue(`e-${i}`);
    const load = await producing(cluster, topic, partitions, make);
    const settings = {
      ...{ log: `kafka://${cluster.brokers.join(',')}/${topic}`, group: 'workers' },
      ...{ endpoint: server.endpoint, control: server.control, answerMs: 3_000 },
      membersFolder: mkdtempSync(join(tmpdir(), 'stargate-members-')),
    };
    onTestFinished(() => rmSync(settings.membersFolder, { recursive: true, force: true }));
    const deployment = new Deployment(server, settings, load, faults.refuseEvery ?? 0);
    onTestFinished(async () => {
      await Promise.all(deployment.workers.map((worker) => worker.end('SIGKILL')));
    });
    return deployment;
  }

  /** One more worker; resolves when it consumes, not when it has partitions. */
  async join(): Promise<WorkerProcess> {
    const file = fileURLToPath(new URL('./bigquery-child.ts', import.meta.url));
    const child = fork(file, [JSON.stringify(this.#settings)], { execArgv: ['--import', 'tsx'] });
    const news: string[] = [];
    child.on('message', (text: string) => news.push(text));
    // The channel ends behind all that it has said.
    const exited = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      child.kill(signal);
      await exited;
    };
    const told = (what: string): number => news.filter((text) => text.startsWith(what)).length;
    const worker = { process: child, news, told, end };
    this.workers.push(worker);
    await until('a worker that consumes', () => news.includes('started'), PATIENCE_MS);
    return worker;
  }

  /** Waits until so many more rows are stored. */
  async progress(rows: number): Promise<void> {
    const before = await this.server.count();
    await until(`${rows} rows more`, async () => (await this.server.count()) >= before + rows, PATIENCE_MS);
  }

  /** Waits until everything is stored, as long as rows are: after many kills a long backlog is left. */
  async #settled(complete: () => Promise<boolean>): Promise<void> {
    let [rows, moved] = [-1, performance.now()];
    while (performance.now() - moved < PATIENCE_MS && !(await complete())) {
      const now = await this.server.count();
      if (now > rows) [rows, moved] = [now, performance.now()];
      await sleep(100);
    }
  }

  /** Ends the load, waits until everything is stored, and judges: nothing lost, nothing twice. */
  async judge(): Promise<{ records: number; rows: number }> {
    const sent = await this.#load.stop();
    const isRefused = (place: string) =>
      this.#refuseEvery > 0 && Number(place.split('/')[1]) % this.#refuseEvery === 0;
    const storable = sent.filter((place, i) => i % GARBAGE_EVERY !== 0 && !isRefused(place));
    const rejected = sent.filter((place, i) => i % GARBAGE_EVERY === 0 || isRefused(place));
    const missing = async (wanted: readonly string[], table: string) => {
      const there = new Set(await this.server.places(table));
      return wanted.filter((place) => !there.has(place));
    };
    const complete = async () =>
      (await missing(storable, 'realtime')).length + (await missing(rejected, 'events_rejected')).length ===
      0;
    await this.#settled(complete);
    const places = await this.server.places();
    const seen = new Set<string>();
    const doubled = places.filter((place) => seen.has(place) || !seen.add(place));
    const found = {
      ...{ lost: await missing(storable, 'realtime'), doubled },
      unrejected: await missing(rejected, 'events_rejected'),
      failed: this.workers.flatMap(({ news }) => news.filter((text) => text.startsWith('failed'))),
    };
    // All that a report of a long run keeps is the message.
    const brief = JSON.stringify(found, (_, value) => (Array.isArray(value) ? value.slice(0, 20) : value));
    expect(found, brief).toEqual({ lost: [], doubled: [], unrejected: [], failed: [] });
    return { records: sent.length, rows: places.length };
  }
}
