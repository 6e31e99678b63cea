/** The admin port of `latency`: metrics and health. */
import { Registry } from 'prom-client';
import type { Probe } from '../measure/freshness/ledger.js';
import { freshnessMetrics } from '../measure/freshness/metrics.js';
import { createAdmin } from '../server/admin.js';
import { bind } from './bind.js';

export interface LatencyAdmin {
  readonly url: string;
  readonly settled: (probe: Probe) => void;
  close(): Promise<void>;
}

/** Errors: STG_PORT_TAKEN, STG_OPTION_INVALID. */
export async function latencyAdmin(port: number): Promise<LatencyAdmin> {
  const registry = new Registry();
  const settled = freshnessMetrics(registry);
  const app = createAdmin({ registry, health: () => ({ ready: true }) });
  const listener = await bind(app, { flag: '--admin-port', host: '127.0.0.1', port });
  return {
    url: listener.url,
    settled,
    close: async () => void (await listener.drain({ deadlineMs: 1_000 })),
  };
}
