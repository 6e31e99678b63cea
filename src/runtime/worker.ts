/** `stargate worker`: the loop between an open log and an open warehouse, with its admin port. */
import { Registry } from 'prom-client';
import type { Config } from '../config/schema.js';
import { createAdmin } from '../server/admin.js';
import type { Listener } from '../server/listen.js';
import type { Logger } from '../server/logger.js';
import { startWorker, type Worker, type WorkerOptions } from '../worker/loop.js';
import { WorkerMetrics } from '../worker/metrics.js';
import { observers } from '../worker/observer.js';
import { bind } from './bind.js';
import { logOf, ownWarehouse } from './ports.js';
import { retryLogger } from './report.js';

export interface RunningWorker {
  /** Where metrics and queries are answered, or null. */
  readonly admin: string | null;
  readonly metrics: Pick<WorkerMetrics, 'rows' | 'rejectedRows'>;
  /** Rejects when the worker cannot go on. */
  readonly done: Promise<void>;
  /** Stores and commits what was fetched, then closes everything. */
  close(): Promise<void>;
}

export interface RunOptions {
  readonly logger: Logger;
  /** A sentence for the person who runs it. */
  readonly onWarning: (message: string) => void;
}

export type WorkerRunOptions = RunOptions & Pick<WorkerOptions, 'overRows'>;

export async function runWorker(
  config: Config,
  { logger, onWarning, overRows = 'behind' }: WorkerRunOptions,
): Promise<RunningWorker> {
  const log = await logOf(config, { role: 'read', noted: true, onWarning });
  const warehouse = await ownWarehouse(config).catch(async (error) => {
    await log.close();
    throw error;
  });
  const registry = new Registry();
  const metrics = new WorkerMetrics(registry, () => log.lag(config.group));
  let worker: Worker | null = null;
  let admin: Listener | null = null;
  let closing = false;

  const close = async (): Promise<void> => {
    closing = true;
    await worker?.close();
    await admin?.drain({ deadlineMs: 2_000 });
    await log.close();
    await warehouse.close();
  };
  try {
    worker = await startWorker({
      log,
      warehouse,
      group: config.group,
      from: config.from,
      overRows,
      observer: observers(metrics, retryLogger(logger)),
      onWarning,
    });
    if (config.adminPort !== 'off') {
      let token: string | null = null;
      const health = () => ({
        ready: !closing,
        rows: metrics.rows,
        rejected: metrics.rejectedRows,
        retries: metrics.retries,
      });
      const queries = { warehouse, token: () => token };
      admin = await bind(createAdmin({ registry, health, queries, logger }), {
        flag: '--admin-port',
        host: '127.0.0.1',
        port: config.adminPort,
      });
      token = (await warehouse.publishEndpoint({ port: admin.port }))?.token ?? null;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { admin: admin?.url ?? null, metrics, done: worker.done, close };
}
