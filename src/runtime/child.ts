/** One process of `serve --workers N`: what the primary tells it to be, in the slot that it was started for. */
import type { Config } from '../config/schema.js';
import { CollectorMetrics } from '../server/metrics.js';
import { packed, type ToChild, tell } from './messages.js';
import { untilAborted } from './signal.js';
import { type OpenSlot, openSlot } from './slot.js';
import type { RunOptions } from './worker.js';

export interface ChildOptions extends RunOptions {
  readonly version: string;
  /** Aborted when this process is to drain. */
  readonly signal: AbortSignal;
}

/** Serves until the signal. Resolves to the exit status; failures are the primary's to tell. */
export async function runChild(slot: number, options: ChildOptions): Promise<number> {
  const metrics = new CollectorMetrics(options.version);
  const primary = hearPrimary(metrics);
  try {
    await tell({ listening: true });
    const config = await Promise.race([primary.config, untilAborted(options.signal)]);
    if (!config) return 0;
    const running = await openSlot(config, slot, { ...options, metrics });
    primary.replace(running, options);
    await tell({ ready: running.url });
    const stop = tellStoring(running);
    await untilAborted(options.signal);
    stop();
    const ended = await running.close();
    await tell({ ended });
    return ended.cut + ended.late + ended.lost > 0 ? 1 : 0;
  } catch (error) {
    await tell({ failed: packed(error) });
    return 1;
  } finally {
    primary.close();
  }
}

/** How often to look: readiness is asked for every few seconds. */
const STORING_MS = 500;

/** Keeps the primary informed, which answers for all. Returns how to stop. */
function tellStoring({ health }: OpenSlot): () => void {
  let told = true;
  const timer = setInterval(() => {
    const storing = health().writable;
    if (storing === told) return;
    told = storing;
    void tell({ storing });
  }, STORING_MS);
  return () => clearInterval(timer);
}

/** Listens from the first moment on: what comes before the collector is open is kept, and used then. */
function hearPrimary(metrics: CollectorMetrics) {
  let first: (config: Config) => void = () => {};
  const config = new Promise<Config>((resolve) => {
    first = resolve;
  });
  let next: (config: Config) => void = first;
  const hear = (message: ToChild): void => {
    if ('config' in message) {
      next(message.config);
    } else if ('scrape' in message) {
      const { scrape } = message;
      // Without an answer the primary goes on with what it was told before.
      void metrics.registry.getMetricsAsJSON().then(
        (values) => tell({ scrape, metrics: values }),
        () => {},
      );
    }
  };
  process.on('message', hear);
  return {
    config,
    replace(running: OpenSlot, { onWarning }: RunOptions) {
      next = (newer) => {
        try {
          running.replaceSources(newer);
        } catch (error) {
          onWarning(`The sources stay as they were: ${(error as Error).message}`);
        }
      };
    },
    close: () => void process.off('message', hear),
  };
}
