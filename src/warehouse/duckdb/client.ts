import { access } from 'node:fs/promises';
import { request } from 'undici';
import { ERRORS, type ErrorCode, StargateError } from '../../errors.js';
import type { QueryOptions, QueryResult, Warehouse } from '../port.js';
import { Database } from './database.js';
import { storageError } from './errors.js';
import { liveOwner, type Owner } from './owner.js';
import { runQuery } from './query.js';

/**
 * The warehouse for those who only ask: each query goes to the process that owns the file, or, where none
 * does, to the file itself, read-only and only for that query, so that an owner can start at any time.
 */
export function queryClient(file: string, tables: Warehouse['tables']): Warehouse {
  const readOnly = (): never => {
    throw new StargateError('STG_WAREHOUSE_LOCKED', {
      got: 'a write through a connection for queries',
      next: 'Write through the process that owns the file.',
    });
  };
  const never = async (): Promise<never> => readOnly();
  return {
    tables,
    async query(sql, options = {}) {
      const owner = await liveOwner(file);
      const answer = owner && (await queryOwner(owner, sql, options));
      return answer ?? queryFile(file, sql, options);
    },
    planSchema: never,
    applySchema: never,
    openPartition: never,
    lastPosition: never,
    reject: never,
    clear: never,
    publishEndpoint: never,
    close: async () => undefined,
  };
}

async function queryFile(file: string, sql: string, options: QueryOptions): Promise<QueryResult> {
  await access(file).catch((cause: unknown) => {
    throw new StargateError('STG_WAREHOUSE_MISSING', { expected: `the file ${file}`, cause });
  });
  const database = await Database.open(file, { readOnly: true });
  try {
    return await database.lend((connection) => runQuery(connection, sql, options));
  } finally {
    await database.close();
  }
}

/** Null where nobody listens: the owner is just ending, and the file itself will tell. */
async function queryOwner(owner: Owner, sql: string, options: QueryOptions): Promise<QueryResult | null> {
  // The owner enforces the time limit; the client only gives up on an owner that does not answer at all.
  const patience = (options.timeoutMs ?? 30_000) + 5_000;
  try {
    const answer = await request(`http://127.0.0.1:${owner.port}/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ sql, ...options }),
      headersTimeout: patience,
      bodyTimeout: patience,
    });
    const body = (await answer.body.json()) as QueryResult & { error?: unknown };
    if (answer.statusCode !== 200) throw remoteError(body.error, answer.statusCode);
    return body;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return null;
    throw storageError(error);
  }
}

/** The owner's error as if it had happened here. */
function remoteError(error: unknown, status: number): StargateError {
  const { code, message, expected, got } = (error ?? {}) as Record<string, string | undefined>;
  const known = code !== undefined && Object.hasOwn(ERRORS, code);
  if (!known) {
    return new StargateError('STG_WAREHOUSE_UNREACHABLE', { got: `status ${status} from the file's owner` });
  }
  return new StargateError(code as ErrorCode, {
    ...(message !== undefined && { message }),
    ...(expected !== undefined && { expected }),
    ...(got !== undefined && { got }),
  });
}
