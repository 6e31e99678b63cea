/** SQL over HTTP: for the owner of the warehouse file on its admin port, and for the page of `dev`. */
import { StargateError } from '../errors.js';
import type { QueryOptions, QueryResult } from '../warehouse/port.js';
import { type Answer, type Handler, json, type Request } from './http.js';
import { bearerOf, sameSecret } from './loopback.js';

export interface Queryable {
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
}

export const QUERY_BODY = { wireBytes: 256 * 1024, inflatedBytes: 256 * 1024 };

/** Body `{sql, maxRows?, timeoutMs?}`; answers a QueryResult. Errors: STG_QUERY_*, STG_BODY_NOT_JSON. */
export function queryHandler(warehouse: Queryable): Handler {
  return async (request): Promise<Answer> => {
    const { sql, ...options } = readQuery(request.body);
    return json(200, await warehouse.query(sql, options));
  };
}

/** The same for who has the token. `token` is asked each time: it is made when the port is known. Errors: STG_KEY_UNKNOWN. */
export function guardedQuery(warehouse: Queryable, token: () => string | null): Handler {
  const answer = queryHandler(warehouse);
  return (request: Request) => {
    const expected = token();
    const given = bearerOf(request.headers.authorization);
    if (expected === null || given === null || !sameSecret(given, expected)) {
      throw new StargateError('STG_KEY_UNKNOWN', {
        message: 'The token of this warehouse is missing or wrong.',
        next: '',
      });
    }
    return answer(request);
  };
}

function readQuery(body: Buffer): { sql: string } & QueryOptions {
  const value = parse(body);
  const { sql, maxRows, timeoutMs } = value;
  if (typeof sql !== 'string' || sql.trim() === '') throw wrong('a text in sql');
  return { sql, ...bound('maxRows', maxRows, 10_000_000), ...bound('timeoutMs', timeoutMs, 600_000) };
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    throw new StargateError('STG_BODY_NOT_JSON');
  }
  throw wrong('{"sql":"SELECT …"}');
}

function bound(name: 'maxRows' | 'timeoutMs', value: unknown, most: number): QueryOptions {
  if (value === undefined || value === null) return {};
  if (!Number.isInteger(value) || (value as number) < 1) throw wrong(`a whole number above 0 in ${name}`);
  return { [name]: Math.min(value as number, most) };
}

function wrong(expected: string): StargateError {
  return new StargateError('STG_QUERY_REFUSED', {
    message: 'The request for a query is not complete.',
    expected,
  });
}
