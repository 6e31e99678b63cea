/** `stargate serve`: one collector process, or a supervisor of several. */
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { AggregatorRegistry } from 'prom-client';
import type { Config } from '../config/schema.js';
import { StargateError } from '../errors.js';
import { createAdmin } from '../server/admin.js';
import { type Listener, listen } from '../server/listen.js';
import { CollectorMetrics } from '../server/metrics.js';
import { collectorDeps, openCollector, sourcesOf } from './collector.js';
import { logOf } from './ports.js';
import { type Supervisor, supervise } from './supervise.js';
import type { RunOptions } from './worker.js';

export interface RunningServe {
  readonly collector: string;
  readonly admin: string | null;
  readonly processes: number;
  /** Rejects when it cannot go on. */
  readonly done: Promise<void>;
  /** Drains; resolves to the number of requests that were cut off. */
  close(): Promise<number>;
  /** Takes other sources into use without a restart. */
  replaceSources(config: Config): void;
}

export interface ServeOptions extends RunOptions {
  readonly version: string;
  /** Set in a process that a supervisor started: the partition it writes. */
  readonly slot: number | null;
}

/** How many processes `--workers` means. */
export const processesOf = ({ workers }: Config): number =>
  workers === 'auto' ? availableParallelism() : workers;

export async function runServe(config: Config, options: ServeOptions): Promise<RunningServe> {
  if (config.ack === 'fast') {
    throw new StargateError('STG_OPTION_INVALID', {
      message: '--ack fast is not offered for an embedded log.',
      expected: 'log or spool; both answer when the event is on disk',
      got: 'fast',
    });
  }
  const processes = processesOf(config);
  if (options.slot === null && processes > 1) return superviseAll(config, options, processes);
  return serveHere(config, options);
}

async function serveHere(
  config: Config,
  { logger, onWarning, version, slot }: ServeOptions,
): Promise<RunningServe> {
  const log = await logOf(config, { role: 'append', slot: slot ?? 0, onWarning });
  const metrics = new CollectorMetrics(version);
  const deps = {
    ...(await collectorDeps(config)),
    log,
    sources: sourcesOf(config),
    metrics,
    version,
    logger,
  };
  const open = await openCollector(config, deps, metrics, logger).catch(async (error) => {
    await log.close();
    throw error;
  });
  const { collector, listener } = open;
  // Beside other processes the supervisor has the admin port, and asks this one for its metrics.
  if (slot !== null) AggregatorRegistry.setRegistries([metrics.registry]);
  const health = () => ({ ready: collector.ready, inflightBytes: log.inflightBytes, writable: log.writable });
  const admin =
    slot === null ? await adminOf(config, createAdmin({ registry: metrics.registry, health, logger })) : null;
  return {
    collector: listener.url,
    admin: admin?.url ?? null,
    processes: 1,
    done: new Promise(() => {}),
    async close() {
      const cut = await open.drain();
      await log.close();
      await admin?.drain({ deadlineMs: 1_000 });
      return cut;
    },
    replaceSources: (next) => collector.replaceSources(sourcesOf(next)),
  };
}

async function superviseAll(config: Config, options: ServeOptions, processes: number): Promise<RunningServe> {
  const supervisor: Supervisor = await supervise(processes, options.logger);
  // Never a metric of its own: it only adds up what its processes report.
  const aggregate = new AggregatorRegistry();
  const registry = { contentType: aggregate.contentType, metrics: () => aggregate.clusterMetrics() };
  const health = () => ({
    ready: supervisor.alive > 0,
    processes,
    alive: supervisor.alive,
    restarts: supervisor.restarts,
  });
  const admin = await adminOf(config, createAdmin({ registry, health, logger: options.logger })).catch(
    async (error) => {
      await supervisor.close();
      throw error;
    },
  );
  return {
    collector: supervisor.url,
    admin: admin?.url ?? null,
    processes,
    done: supervisor.done,
    async close() {
      const cut = await supervisor.close();
      await admin?.drain({ deadlineMs: 1_000 });
      return cut;
    },
    replaceSources: () => supervisor.signal('SIGHUP'),
  };
}

async function adminOf({ adminPort }: Config, app: ReturnType<typeof createAdmin>): Promise<Listener | null> {
  return adminPort === 'off' ? null : listen(app, { host: '127.0.0.1', port: adminPort });
}

/** Whether this process was started by a supervisor. */
export const isSupervised = (): boolean => cluster.isWorker;
