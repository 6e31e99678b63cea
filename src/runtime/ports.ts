/** Opens what the configuration names. Nothing else of Stargate chooses an adapter. */
import { dirname, resolve } from 'node:path';
import type { Config } from '../config/schema.js';
import { openLog } from '../log/open.js';
import type { Log } from '../log/port.js';
import { type BigqueryOptions, openWarehouse, type WriterOptions } from '../warehouse/open.js';
import type { Warehouse } from '../warehouse/port.js';
import { writableFolder } from './folders.js';
import { kafkaCredentials } from './kafka.js';

export interface LogOptions {
  readonly onWarning: (message: string) => void;
  readonly role: 'append' | 'read' | 'both';
  /** Which partition of an embedded log this process writes. */
  readonly slot?: number;
  /** Whether a consumer notes its membership of a Kafka group in the folder of the data. */
  readonly noted?: boolean;
}

/** The path of a URL such as `embedded:DIR`, or null where another scheme has none. */
const pathOf = (url: string, scheme: string): string | null =>
  url.startsWith(`${scheme}:`) ? url.slice(scheme.length + 1) : null;

/** The log. The default group is registered at once, so that retention waits for a worker still to come. */
export async function logOf(config: Config, options: LogOptions): Promise<Log> {
  const folder = pathOf(config.log, 'embedded');
  if (folder !== null) await writableFolder(folder, 'STG_LOG_WRITE');
  return openLog(config.log, {
    role: options.role,
    maxBytes: config.dataMax,
    groups: [config.group],
    compression: config.kafkaCompression,
    credentials: kafkaCredentials(config),
    kafkaDriver: config.kafkaDriver,
    onWarning: options.onWarning,
    ...(options.slot !== undefined && { slot: options.slot }),
    ...(options.noted && { membersFolder: resolve(config.data, 'members') }),
  });
}

/** The warehouse, owned by this process, with its tables and views in place. */
export async function ownWarehouse(
  config: Config,
  limits: { readonly memoryLimit?: number } = {},
): Promise<Warehouse> {
  const file = pathOf(config.warehouse, 'duckdb');
  if (file !== null) await writableFolder(dirname(file), 'STG_WAREHOUSE_UNREACHABLE');
  const warehouse = await openWarehouse(config.warehouse, {
    ...{ mode: 'own', bigquery: bigqueryOf(config), ...tableOf(config), ...limits },
    writer: writerOf(config),
  });
  // What others share is set up by a person who has seen the plan; rows that do not fit it wait.
  if (config.warehouse.startsWith('bigquery:')) return warehouse;
  try {
    await warehouse.applySchema(await warehouse.planSchema());
    return warehouse;
  } catch (error) {
    await warehouse.close();
    throw error;
  }
}

/** The warehouse for queries: its owner's answers where one runs, else the file itself. */
export function queryWarehouse(config: Config): Promise<Warehouse> {
  return openWarehouse(config.warehouse, {
    ...{ mode: 'query', bigquery: bigqueryOf(config) },
    ...tableOf(config),
  });
}

export const bigqueryOf = (config: Config): BigqueryOptions => ({
  endpoint: config.bigqueryEndpoint,
  location: config.bigqueryLocation,
  retentionDays: config.retentionDays,
});

/** 0 is "count once": a pause of no time would not show what lands behind the fence. */
const writerOf = ({ delivery, bigqueryStorageEndpoint, bigqueryRecount }: Config): WriterOptions => ({
  ...{ delivery, storageEndpoint: bigqueryStorageEndpoint },
  recountMs: bigqueryRecount === 0 ? null : bigqueryRecount,
});

const tableOf = ({ table }: Config) => (table === null ? {} : { table });
