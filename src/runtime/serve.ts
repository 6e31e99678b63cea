/** `stargate serve`: one collector process, or a primary and several. */
import { Registry } from 'prom-client';
import type { Config } from '../config/schema.js';
import { type AdminDeps, createAdmin } from '../server/admin.js';
import type { Listener } from '../server/listen.js';
import { CollectorMetrics } from '../server/metrics.js';
import { bind } from './bind.js';
import { processesOf, servingFlags } from './processes.js';
import { type OpenSlot, openSlot } from './slot.js';
import { type AllEnded, Supervisor } from './supervise.js';
import type { RunOptions } from './worker.js';

export interface RunningServe {
  readonly collector: string;
  readonly admin: string | null;
  readonly processes: number;
  /** Takes other sources into use without a restart. Errors: STG_CONFIG_INVALID, and the old ones stay. */
  replaceSources(config: Config): void;
  /** Drains. */
  close(): Promise<AllEnded>;
}

export interface ServeOptions extends RunOptions {
  readonly version: string;
  /** NODE_OPTIONS, where there is one. */
  readonly nodeOptions?: string | undefined;
}

export function runServe(config: Config, options: ServeOptions): Promise<RunningServe> {
  const processes = processesOf(config);
  return processes > 1 ? serveByMany(config, options, processes) : serveAlone(config, options);
}

async function serveAlone(config: Config, options: ServeOptions): Promise<RunningServe> {
  const metrics = new CollectorMetrics(options.version);
  let slot: OpenSlot | null = null;
  const health = () => slot?.health() ?? { ready: false };
  const admin = await openAdmin(config, { registry: metrics.registry, health, logger: options.logger });
  slot = await openSlot(config, 0, { ...options, metrics }).catch((error) => closedWith(admin, error));
  const { url, replaceSources, close } = slot;
  return {
    collector: url,
    admin: admin?.url ?? null,
    processes: 1,
    replaceSources,
    async close() {
      const ended = await close();
      await closeAdmin(admin);
      return { ...ended, killed: 0, broken: 0 };
    },
  };
}

async function serveByMany(config: Config, options: ServeOptions, processes: number): Promise<RunningServe> {
  const flags = servingFlags([...process.execArgv, options.nodeOptions ?? '']);
  const supervisor = new Supervisor(config, processes, options.logger, flags);
  const registry = {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    metrics: () => supervisor.metrics(),
  };
  const health = () => supervisor.health();
  const admin = await openAdmin(config, { registry, health, logger: options.logger });
  const url = await supervisor.start().catch((error) => closedWith(admin, error));
  return {
    collector: url,
    admin: admin?.url ?? null,
    processes,
    replaceSources: (next) => supervisor.replaceSources(next),
    async close() {
      const ended = await supervisor.close();
      await closeAdmin(admin);
      return ended;
    },
  };
}

/** The admin port, first of all: a port that is taken should not cost a start and a drain. */
async function openAdmin({ adminPort: port }: Config, deps: AdminDeps): Promise<Listener | null> {
  if (port === 'off') return null;
  return bind(createAdmin(deps), { flag: '--admin-port', host: '127.0.0.1', port });
}

const closeAdmin = async (admin: Listener | null) => admin?.drain({ deadlineMs: 1_000 });

async function closedWith(admin: Listener | null, error: unknown): Promise<never> {
  await closeAdmin(admin);
  throw error;
}
