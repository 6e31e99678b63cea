/** SQL against the warehouse of a running `stargate dev`, through its own address. */
import { request } from 'undici';
import { StargateError } from '../errors.js';
import type { Warehouse } from '../warehouse/port.js';

/** What a measurement asks a warehouse: any warehouse port can, and so can `dev`. */
export type Ask = Pick<Warehouse, 'query' | 'tables'>;

const TABLES = { events: 'events', rejected: 'events_rejected' };

/** @param url of the collector. Errors of a query: STG_WAREHOUSE_UNREACHABLE, STG_QUERY_FAILED. */
export function devQuery(url: URL): Ask {
  const path = new URL('/dev/query', url);
  return {
    tables: TABLES,
    async query(sql, options = {}) {
      const { statusCode, text } = await post(path, JSON.stringify({ sql, ...options }));
      if (statusCode === 200) return JSON.parse(text);
      if (statusCode === 404)
        throw new StargateError('STG_WAREHOUSE_UNREACHABLE', {
          message: 'The target has no /dev/query: it is not stargate dev.',
          next: 'Name the warehouse with --warehouse.',
        });
      throw new StargateError('STG_QUERY_FAILED', { got: `${statusCode} ${text.slice(0, 200)}` });
    },
  };
}

async function post(url: URL, body: string) {
  try {
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return { statusCode, text: await answer.text() };
  } catch (error) {
    throw new StargateError('STG_WAREHOUSE_UNREACHABLE', {
      message: 'The target does not answer questions about its warehouse.',
      got: (error as NodeJS.ErrnoException).code ?? (error as Error).message,
      cause: error,
    });
  }
}
