/** A `dev` as a warehouse that can be asked: `POST /dev/query`. */
import { Client } from 'undici';
import { ERRORS, type ErrorCode, StargateError } from '../errors.js';
import type { QueryOptions, QueryResult, Warehouse } from '../warehouse/port.js';

/** What a measurement asks a warehouse: any warehouse port can, and so can `dev`. */
export type Queryable = Pick<Warehouse, 'query' | 'tables' | 'cost'>;

export interface DevWarehouse extends Queryable {
  /** Whether a `dev` answers there. Errors: STG_KEY_UNKNOWN where it asks for a token, STG_TARGET_UNREACHABLE. */
  exists(): Promise<boolean>;
  close(): Promise<void>;
}

/** `token`: of a `dev` that others on the network may reach; null otherwise. */
export function devWarehouse(origin: string, token: string | null): DevWarehouse {
  const client = new Client(origin);
  async function post(sql: string, options: QueryOptions): Promise<{ status: number; body: unknown }> {
    const patience = (options.timeoutMs ?? 30_000) + 5_000;
    try {
      const answer = await client.request({
        path: '/dev/query',
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ sql, ...options }),
        headersTimeout: patience,
        bodyTimeout: patience,
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, body: answer.statusCode === 404 ? null : JSON.parse(text) };
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new StargateError('STG_TARGET_UNREACHABLE', { got: `${code ?? message} at ${origin}`, cause });
    }
  }
  return {
    tables: { events: 'events', rejected: 'events_rejected' },
    async exists() {
      const { status, body } = await post('SELECT 1 AS one', { timeoutMs: 5_000 });
      if (status === 404) return false;
      if (status !== 200) throw remote(body, status);
      return true;
    },
    async query(sql, options = {}) {
      const { status, body } = await post(sql, options);
      if (status !== 200) throw remote(body, status);
      return body as QueryResult;
    },
    close: () => client.destroy(),
  };
}

/** The error of the other side as if it had happened here. */
function remote(body: unknown, status: number): StargateError {
  const { code, message, expected, got } = ((body as { error?: unknown } | null)?.error ?? {}) as Record<
    string,
    string | undefined
  >;
  const known = code !== undefined && Object.hasOwn(ERRORS, code);
  return new StargateError(known ? (code as ErrorCode) : 'STG_WAREHOUSE_UNREACHABLE', {
    ...(known && message !== undefined && { message }),
    ...(expected !== undefined && { expected }),
    got: got ?? `status ${status} of /dev/query`,
  });
}
