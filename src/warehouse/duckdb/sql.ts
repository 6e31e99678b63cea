import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

/** Small reads of the adapter itself: every row, as DuckDB's own values. */
export async function selectRows(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<DuckDBValue[][]> {
  const result = await connection.run(sql, values);
  return result.getRows();
}

export async function firstRow(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<DuckDBValue[] | null> {
  return (await selectRows(connection, sql, values))[0] ?? null;
}
