/** `stargate latency`, and `latency` of the programmatic API: the engine, with the warehouse that it looks at. */

import { devWarehouse } from '../measure/dev-query.js';
import { type LatencyOptions, measureLatency } from '../measure/freshness/latency.js';
import type { ProbeQuery } from '../measure/freshness/ports.js';
import { probeQuery } from '../measure/freshness/query.js';
import type { FreshnessReport } from '../measure/freshness/report.js';
import { allowTarget, isLoopback, targetOf } from '../measure/target.js';
import { type BigqueryOptions, openWarehouse } from '../warehouse/open.js';
import type { Warehouse } from '../warehouse/port.js';

export interface LatencyInput extends Omit<LatencyOptions, 'query'> {
  /**
   * Where probes are looked for: `duckdb:FILE`, `bigquery://project/dataset.table`, an open warehouse, or anything that can look. Left out, the target
   * itself is asked, where it is a `dev`, else `fallback`.
   */
  readonly warehouse?: string | Warehouse | ProbeQuery;
  readonly fallback?: string;
  /** Name of the event table. */
  readonly table?: string;
  /** Of a warehouse in BigQuery: its address, where that is not Google's. */
  readonly bigquery?: BigqueryOptions;
  /** Token of a `dev` that others on the network may reach. */
  readonly devToken?: string;
}

interface Looking {
  readonly query: ProbeQuery;
  close(): Promise<void>;
}

const FALLBACK = 'duckdb:.stargate/warehouse.duckdb';

/**
 * Measures how long events take until they are queryable. Nothing is printed and nothing ends the process.
 * Errors: those of `measureLatency` and of opening the warehouse.
 */
export async function latency(input: LatencyInput): Promise<FreshnessReport> {
  // Before anything is asked of a machine that may not be ours.
  allowTarget(targetOf(input.url), input.iOwnThisTarget === true);
  const { query, close } = await lookingAt(input);
  try {
    return await measureLatency({ ...input, query });
  } finally {
    await close();
  }
}

async function lookingAt(input: LatencyInput): Promise<Looking> {
  const { warehouse, table, bigquery, devToken = null, fallback = FALLBACK } = input;
  if (typeof warehouse === 'object') {
    const query = 'look' in warehouse ? warehouse : probeQuery(warehouse, warehouse.tables.events);
    return { query, close: async () => undefined };
  }
  const target = targetOf(input.url);
  // A `dev` answers others only with its token, and a stranger is asked nothing before its owner has agreed.
  if (warehouse === undefined && (isLoopback(target) || devToken !== null)) {
    const { origin } = target;
    const dev = devWarehouse(origin, devToken);
    if (await dev.exists()) return { query: probeQuery(dev, `${origin}/dev/query`), close: dev.close };
    await dev.close();
  }
  const url = warehouse ?? fallback;
  const opened = await openWarehouse(url, {
    ...{ mode: 'query', ...(table !== undefined && { table }), ...(bigquery && { bigquery }) },
  });
  return { query: probeQuery(opened, url), close: () => opened.close() };
}
