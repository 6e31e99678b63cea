/** Rows of a query as text: a table for people, CSV (RFC 4180) and JSON for programs. */
import { printable, type Style, table } from '../output.js';
import type { QueryResult } from '../warehouse/port.js';

const WIDEST_CELL = 60;

export function rowsAs(format: string, result: QueryResult, style: Style): string {
  if (format === 'json') return JSON.stringify(result, null, 2);
  if (format === 'csv') return asCsv(result);
  return asTable(result, style);
}

const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const NUMERIC =
  /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w*INT\w*|FLOAT|DOUBLE|DECIMAL.*|INT64|(BIG)?NUMERIC|FLOAT64)$/i;

function asTable({ columns, rows }: QueryResult, style: Style): string {
  const head = columns.map(({ name }) => printable(name));
  const cells = rows.map((row) =>
    columns.map(({ name }) => {
      const text = printable(cellText(row[name]));
      return text.length > WIDEST_CELL ? `${text.slice(0, WIDEST_CELL - 1)}…` : text;
    }),
  );
  const right = new Set(columns.flatMap(({ type }, index) => (NUMERIC.test(type) ? [index] : [])));
  const count = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
  return `${table(cells, { head, right, paintHead: style.bold })}\n${style.dim(count)}`;
}

function asCsv({ columns, rows }: QueryResult): string {
  const line = (cells: readonly string[]) => cells.map(quoted).join(',');
  return [
    line(columns.map(({ name }) => name)),
    ...rows.map((row) => line(columns.map(({ name }) => cellText(row[name])))),
  ].join('\r\n');
}

/**
 * A cell that a spreadsheet would run as a formula gets an apostrophe: events are text of strangers
 * (owasp.org, CSV Injection). Numbers keep their sign.
 */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
