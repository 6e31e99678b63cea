/** The collector of one slot: the log with the partition of that slot, and the server over it. */
import type { Config } from '../config/schema.js';
import type { CollectorMetrics } from '../server/metrics.js';
import { collectorDeps, openCollector, sourcesOf } from './collector.js';
import { type Ended, leave } from './leaving.js';
import { collectingLog } from './spool.js';
import type { RunOptions } from './worker.js';

export interface OpenSlot {
  readonly url: string;
  readonly health: () => {
    readonly ready: boolean;
    readonly inflightBytes: number;
    readonly writable: boolean;
  };
  /** All or nothing. Errors: STG_CONFIG_INVALID, and the old sources stay. */
  replaceSources(config: Config): void;
  /** Drains, then lets the log go; takes at most a deadline for each. */
  close(): Promise<Ended>;
}

export interface SlotOptions extends RunOptions {
  readonly version: string;
  readonly metrics: CollectorMetrics;
}

/** For the log to take what was accepted; a log that has not by then is left as it is. */
const LEAVE_MS = 10_000;

export async function openSlot(config: Config, slot: number, options: SlotOptions): Promise<OpenSlot> {
  const { logger, version, metrics } = options;
  const leaving = await collectingLog(config, slot, options);
  const { log } = leaving;
  if (log.counters) metrics.watchSending(() => log.counters);
  try {
    const sources = sourcesOf(config);
    const deps = { ...(await collectorDeps(config)), log, sources, metrics, version, logger };
    const { collector, listener, drain } = await openCollector(config, deps, metrics, logger);
    return {
      url: listener.url,
      health: () => ({
        ready: collector.ready,
        inflightBytes: log.inflightBytes,
        writable: log.writable,
      }),
      replaceSources: (next) => collector.replaceSources(sourcesOf(next)),
      async close() {
        const cut = await drain();
        const failed = (error: unknown) =>
          options.onWarning(`The log could not be closed: ${error instanceof Error ? error.message : error}`);
        return { cut, ...(await leave(leaving, LEAVE_MS, failed)) };
      },
    };
  } catch (error) {
    await log.close();
    throw error;
  }
}
