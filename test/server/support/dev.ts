/** The pipeline of `dev`, in this process: collector, log, worker and DuckDB, all of them real. */
import { openLog } from '../../../src/log/open.js';
import type { Log } from '../../../src/log/port.js';
import { type Assets, describe as asset } from '../../../src/server/assets.js';
import { createCollector } from '../../../src/server/collector.js';
import { createDev, type Dev, type DevDeps } from '../../../src/server/dev/index.js';
import { type Listener, listen } from '../../../src/server/listen.js';
import { CollectorMetrics } from '../../../src/server/metrics.js';
import { openWarehouse } from '../../../src/warehouse/open.js';
import type { Warehouse } from '../../../src/warehouse/port.js';
import { startWorker, type Worker } from '../../../src/worker/loop.js';
import { SHOP } from './collector.js';

const html = (text: string) => asset(Buffer.from(text), 'text/html; charset=utf-8');
const ASSETS: Assets = {
  tracker: null,
  ui: new Map([
    [
      'index.html',
      await html('<title>Stargate</title><script>boot()</script><script src="/assets/a.js"></script>'),
    ],
    ['demo.html', await html('<title>Casa Ipê</title>')],
    ['assets/a.js', await asset(Buffer.from('export {};'), 'text/javascript; charset=utf-8')],
  ]),
};

export interface Pipeline {
  readonly url: string;
  readonly dev: Dev;
  readonly log: Log;
  readonly warehouse: Warehouse;
  readonly listener: Listener;
  /** Starts the worker, where it was left out at first. */
  work(): Promise<void>;
}

const running = new Set<() => Promise<void>>();

export async function stopPipelines(): Promise<void> {
  for (const stop of running) await stop();
  running.clear();
}

export interface PipelineOptions extends Partial<Pick<DevDeps, 'token' | 'queryToken'>> {
  readonly log?: Log;
  readonly warehouse?: Warehouse;
  /** False: nothing reads the log until `work` is called. */
  readonly worker?: boolean;
}

export async function pipeline(options: PipelineOptions = {}): Promise<Pipeline> {
  const log = options.log ?? (await openLog('memory:', { role: 'both' }));
  const warehouse = options.warehouse ?? (await openWarehouse('memory:', { mode: 'own' }));
  await warehouse.applySchema(await warehouse.planSchema());
  let worker: Worker | null = null;
  let url = '';
  const dev = await createDev({
    warehouse,
    log,
    names: { log: 'memory:', warehouse: 'memory:' },
    collectorUrl: () => url,
    writeKey: 'dev',
    version: '3.0.0-test',
    assets: ASSETS,
    settle: async () => worker?.settle(),
    token: null,
    queryToken: () => null,
    ...(options.token !== undefined && { token: options.token }),
    ...(options.queryToken && { queryToken: options.queryToken }),
  });
  const metrics = new CollectorMetrics('3.0.0-test');
  const source = { ...SHOP, id: 'dev', key: 'dev', origins: ['loopback'] };
  const collector = createCollector({
    log,
    metrics,
    sources: [source],
    legacyBearer: null,
    trustedProxies: [],
    assets: ASSETS,
    version: '3.0.0-test',
    observer: dev.feed,
    routes: dev.routes,
    limits: { lateMs: Number.POSITIVE_INFINITY },
  });
  const listener = await listen(collector.app, { host: '127.0.0.1', port: 0, metrics });
  url = listener.url;
  const work = async () => {
    worker = await startWorker({
      log,
      warehouse,
      group: 'stargate',
      observer: { ...dev.worker, retrying: () => {} },
    });
  };
  if (options.worker !== false) await work();
  running.add(async () => {
    dev.close();
    collector.close();
    await listener.drain({ deadlineMs: 1_000 });
    await worker?.close();
    if (!options.log) await log.close();
    if (!options.warehouse) await warehouse.close();
  });
  return { url, dev, log, warehouse, listener, work };
}
