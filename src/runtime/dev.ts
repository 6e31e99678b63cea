/** `stargate dev`: the same collector, log, worker and warehouse as in production, in one process. */
import type { Config } from '../config/schema.js';
import type { LiveCounts } from '../event/live.js';
import type { Log } from '../log/port.js';
import { createDev, type Dev } from '../server/dev/index.js';
import { CollectorMetrics } from '../server/metrics.js';
import type { SourceConfig } from '../server/sources.js';
import type { Warehouse } from '../warehouse/port.js';
import { startWorker, type Worker } from '../worker/loop.js';
import { observers, type WorkerObserver } from '../worker/observer.js';
import { collectorDeps, type OpenCollector, openCollector, sourcesOf } from './collector.js';
import { logOf, ownWarehouse } from './ports.js';
import { retryLogger } from './report.js';
import type { RunOptions } from './worker.js';

export const DEV_KEY = 'dev';

/**
 * DuckDB keeps what it has written in memory up to its limit, about 70 bytes a row. Beside an editor and a browser
 * half of a worker's is enough; 256 MiB is too little for ten thousand purchases in one answer.
 */
const WAREHOUSE_BYTES = 512 * 1_048_576;

export interface RunningDev {
  /** http://127.0.0.1:8000 */
  readonly url: string;
  readonly counts: () => LiveCounts;
  /** Rejects when it cannot go on. */
  readonly done: Promise<void>;
  /** Takes nothing new, stores what is in flight until the deadline, closes everything. False past the deadline. */
  close(deadlineMs: number): Promise<boolean>;
}

export interface DevOptions extends RunOptions {
  readonly version: string;
  readonly demo: boolean;
  /** Lets the page and the dev API be used under other names than loopback ones. */
  readonly token: string | null;
  /** Hears of what the worker stores. */
  readonly observer: WorkerObserver;
}

/** Everyone on this machine may send with the key `dev`; further origins by configuration. */
const devSource = ({ allowedHosts }: Config): SourceConfig => ({
  id: 'dev',
  kind: 'browser',
  key: DEV_KEY,
  origins: ['loopback', ...allowedHosts],
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  consent: 'gtm',
  anonymous: false,
  scrub: { keys: [], allow: [] },
});

export async function runDev(config: Config, options: DevOptions): Promise<RunningDev> {
  const [log, warehouse] = await openBoth(config, options);
  const opened = new Session(config, options, log, warehouse);
  try {
    await opened.start();
    return opened;
  } catch (error) {
    await opened.close(1_000);
    throw error;
  }
}

/** Both at once; when one cannot be opened the other is closed again. */
async function openBoth(config: Config, { onWarning }: RunOptions): Promise<[Log, Warehouse]> {
  const [log, warehouse] = await Promise.allSettled([
    logOf(config, { role: 'both', onWarning }),
    ownWarehouse(config, { memoryLimit: WAREHOUSE_BYTES }),
  ]);
  if (log.status === 'fulfilled' && warehouse.status === 'fulfilled') return [log.value, warehouse.value];
  if (log.status === 'fulfilled') await log.value.close();
  if (warehouse.status === 'fulfilled') await warehouse.value.close();
  throw log.status === 'rejected' ? log.reason : (warehouse as PromiseRejectedResult).reason;
}

class Session implements RunningDev {
  readonly #config: Config;
  readonly #options: DevOptions;
  readonly #log: Log;
  readonly #warehouse: Warehouse;
  readonly #stopping = new AbortController();
  #dev: Dev | null = null;
  #collector: OpenCollector | null = null;
  #worker: Worker | null = null;
  #closing: Promise<void> | null = null;

  constructor(config: Config, options: DevOptions, log: Log, warehouse: Warehouse) {
    this.#config = config;
    this.#options = options;
    this.#log = log;
    this.#warehouse = warehouse;
  }

  get url(): string {
    return this.#collector!.listener.url;
  }

  get done(): Promise<void> {
    return this.#worker!.done;
  }

  counts = (): LiveCounts => this.#dev!.feed.counts;

  async start(): Promise<void> {
    const { version, logger, demo, token, onWarning, observer } = this.#options;
    let queryToken: string | null = null;
    const base = await collectorDeps(this.#config);
    this.#dev = await createDev({
      log: this.#log,
      warehouse: this.#warehouse,
      names: { log: this.#config.log, warehouse: this.#config.warehouse },
      collectorUrl: () => this.url,
      writeKey: DEV_KEY,
      version,
      assets: base.assets,
      settle: () => this.#worker!.settle(),
      token,
      queryToken: () => queryToken,
    });
    // Before the first request: whoever sees the port open may ask at once whether its event is queryable.
    this.#worker = await startWorker({
      log: this.#log,
      warehouse: this.#warehouse,
      group: this.#config.group,
      observer: observers({ ...this.#dev.worker, retrying() {} }, retryLogger(logger), observer),
      onWarning,
    });
    const metrics = new CollectorMetrics(version);
    const sources = [
      devSource(this.#config),
      ...sourcesOf(this.#config).filter(({ key }) => key !== DEV_KEY),
    ];
    const { routes, feed } = this.#dev;
    // On a laptop the event loop is late for many reasons; there is no balancer to send the request elsewhere.
    const limits = { lateMs: Number.POSITIVE_INFINITY };
    const deps = {
      ...base,
      log: this.#log,
      sources,
      metrics,
      version,
      logger,
      routes,
      observer: feed,
      limits,
    };
    this.#collector = await openCollector(this.#config, deps, metrics, logger);
    const { port } = this.#collector.listener;
    queryToken = (await this.#warehouse.publishEndpoint({ port }))?.token ?? null;
    if (demo) {
      const { demoTraffic } = await import('./demo.js');
      void demoTraffic(this.url, DEV_KEY, this.#stopping.signal);
    }
  }

  async close(deadlineMs: number): Promise<boolean> {
    this.#closing ??= this.#close();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, deadlineMs, false);
    });
    const inTime = await Promise.race([this.#closing.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    this.#dev?.close();
    await this.#collector?.drain();
    // A worker that has failed stores nothing more: the log keeps the rest.
    await this.#worker?.settle().catch(() => {});
    await this.#worker?.close().catch(() => {});
    await this.#log.close();
    await this.#warehouse.close();
  }
}
