import { StargateError } from '../../errors.js';
import type { Warehouse } from '../port.js';
import { type BigquerySettings, type BigquerySql, BigqueryWarehouse } from './adapter.js';
import { StorageClient, type StorageEndpoint } from './client.js';
import { failed } from './errors.js';

export interface WriterOptions {
  readonly delivery?: BigquerySettings['delivery'];
  /** `http://host:port` of an emulator, without credentials, or `https://host[:port]`; default Google's. */
  readonly storageEndpoint?: string | null;
  /** See `StreamsSettings`; default null. */
  readonly recountMs?: number | null;
}

/** Where rows go, and how. */
export interface BigqueryOptions extends WriterOptions, Partial<Omit<BigquerySettings, keyof WriterOptions>> {
  readonly project: string;
  readonly dataset: string;
  readonly table: string;
  /** ms until a stream that is created or finalized counts as failed. */
  readonly deadlineMs?: number;
}

const DEFAULTS: Omit<BigquerySettings, 'project' | 'dataset' | 'table'> = {
  delivery: 'exactly-once',
  recountMs: null,
  answerMs: 10_000,
  openedMs: 500,
  positionsMs: 10_000,
  trimMs: 3_600_000,
  schemaMs: 10 * 60_000,
};
const DEADLINE_MS = 10_000;

/** Takes an endpoint's URL apart. Errors: STG_OPTION_INVALID. */
export function storageEndpoint(url: string): StorageEndpoint {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== '/') {
    throw new StargateError('STG_OPTION_INVALID', {
      expected: 'http://host:port of an emulator, or https://host, in bigqueryStorageEndpoint',
      got: url,
    });
  }
  const insecure = parsed.protocol === 'http:';
  return { host: parsed.hostname, port: Number(parsed.port) || (insecure ? 80 : 443), insecure };
}

/** Opens the warehouse that writes; `sql` does the rest. Errors: STG_WAREHOUSE_UNREACHABLE without credentials. */
export async function openBigqueryWriter(sql: BigquerySql, options: BigqueryOptions): Promise<Warehouse> {
  const { storageEndpoint: url, deadlineMs = DEADLINE_MS, ...settings } = options;
  const endpoint = url ? storageEndpoint(url) : null;
  try {
    const client = await StorageClient.open({ project: settings.project, endpoint, deadlineMs });
    return new BigqueryWarehouse(client, sql, { ...DEFAULTS, ...settings });
  } catch (error) {
    throw failed('be reached', error);
  }
}
