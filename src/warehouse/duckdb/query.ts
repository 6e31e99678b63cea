import {
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  StatementType,
} from '@duckdb/node-api';
import { StargateError } from '../../errors.js';
import type { QueryOptions, QueryResult } from '../port.js';
import { isFatal, reasonOf } from './errors.js';
import { jsonConverter, MAX_TEXT, type Tally } from './json.js';

const MAX_ROWS = 10_000;
const TIMEOUT_MS = 30_000;

/**
 * Functions that a SELECT can call and that do more than read tables: they stall the writer, change logging, run
 * text as SQL past this check, take raw addresses of memory, or open files. DuckDB itself refuses all files but
 * its own, and just those must not be read either: closing such a handle would drop the lock on the database.
 * A word that queries also use otherwise counts only in front of a bracket or a comment.
 */
const FORBIDDEN = new RegExp(
  [
    String.raw`\b(?:arrow_scan|arrow_scan_dumb|seq_scan|force_checkpoint|truncate_duckdb_logs|write_log|sleep_ms)\b`,
    String.raw`\b(?:enable|disable)_(?:logging|profiling|peg_parser)\b`,
    String.raw`\b(?:json_execute_serialized_sql|query_table|sniff_csv)\b`,
    String.raw`\b(?:read|parquet)_[a-z_]+\b`,
    String.raw`\b(?:query|glob|checkpoint)"?\s*(?:\(|/\*|--)`,
    String.raw`\bu&"`,
  ].join('|'),
  'i',
);

/**
 * Runs one read-only statement on a connection of its own. Three doors, each enough for most tricks: DuckDB's
 * parser must call it SELECT or EXPLAIN (DESCRIBE, SUMMARIZE, SHOW, WITH, VALUES and FROM-first are SELECT to
 * it), the transaction is read-only, and the database reaches nothing outside its file.
 */
export async function runQuery(
  connection: DuckDBConnection,
  sql: string,
  options: QueryOptions = {},
): Promise<QueryResult> {
  const limit = timeLimit(connection, options.timeoutMs ?? TIMEOUT_MS);
  try {
    const statement = await onlyStatement(connection, sql);
    await connection.run('BEGIN TRANSACTION READ ONLY');
    return await read(await statement.stream(), options.maxRows ?? MAX_ROWS);
  } catch (error) {
    throw limit.reached() ? limit.error() : queryError(error);
  } finally {
    limit.stop();
  }
}

async function onlyStatement(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  const forbidden = FORBIDDEN.exec(sql);
  if (forbidden) throw refused(`a call of ${forbidden[0].trim()}`);
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw refused(`${statements.count} statements`);
  const statement = await statements.prepare(0);
  const type = statement.statementType;
  if (type !== StatementType.SELECT && type !== StatementType.EXPLAIN) {
    throw refused(`a statement of type ${StatementType[type] ?? type}`);
  }
  if (statement.parameterCount > 0) throw refused('parameters');
  return statement;
}

async function read(result: DuckDBResult, maxRows: number): Promise<QueryResult> {
  const names = result.deduplicatedColumnNames();
  const types = result.columnTypes();
  const tally: Tally = { text: 0 };
  const convert = jsonConverter(tally);
  const rows: Record<string, unknown>[] = [];
  const columns = names.map((name, index) => ({ name, type: String(types[index]) }));
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    for (let at = 0; at < chunk.rowCount; at += 1) {
      if (rows.length >= maxRows || tally.text > MAX_TEXT) return { columns, rows, truncated: true };
      const values = chunk.convertRowValues(at, convert);
      rows.push(Object.fromEntries(names.map((name, index) => [name, values[index] ?? null])));
    }
  }
  return { columns, rows, truncated: false };
}

function timeLimit(connection: DuckDBConnection, ms: number) {
  let reached = false;
  // Again and again: an interrupt between two steps of a statement is forgotten by DuckDB.
  const fire = () => {
    reached = true;
    connection.interrupt();
    timer = setTimeout(fire, 50);
  };
  let timer = setTimeout(fire, ms);
  return {
    reached: () => reached,
    stop: () => clearTimeout(timer),
    error: () => new StargateError('STG_QUERY_TIMEOUT', { expected: `an answer within ${ms} ms` }),
  };
}

const refused = (got: string): StargateError => new StargateError('STG_QUERY_REFUSED', { got });

/** What the gate finds is refused; what DuckDB says of a statement is for its author to read in full. */
function queryError(error: unknown): unknown {
  if (error instanceof StargateError || isFatal(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  const readOnly = /read-only|Permission Error/i.test(text);
  const got = text.slice(0, 2_000) || reasonOf(error);
  return new StargateError(readOnly ? 'STG_QUERY_REFUSED' : 'STG_QUERY_FAILED', { got, cause: error });
}
