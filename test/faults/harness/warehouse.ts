/** Asks a DuckDB warehouse: its owner while there is one, else the file. */
import { readFileSync } from 'node:fs';
import { stargate } from '../../helpers/cli.js';

type Row = Readonly<Record<string, unknown>>;
const MOST = { maxRows: 10_000_000, timeoutMs: 120_000 };

/** By the worker that has the file open; null when none answers. A query by a process of its own costs half a second of CPU. */
export async function askOwner(file: string, sql: string): Promise<readonly Row[] | null> {
  try {
    const { port, token } = JSON.parse(readFileSync(`${file}.owner.json`, 'utf8'));
    const answer = await fetch(`http://127.0.0.1:${port}/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ sql, ...MOST }),
      signal: AbortSignal.timeout(MOST.timeoutMs),
    });
    return answer.ok ? (await answer.json()).rows : null;
  } catch {
    return null;
  }
}

export async function ask(file: string, sql: string): Promise<readonly Row[]> {
  const answered = await askOwner(file, sql);
  if (answered !== null) return answered;
  const flags = ['--warehouse', `duckdb:${file}`, '--format', 'json', '--max-rows', String(MOST.maxRows)];
  const { status, stdout, stderr } = await stargate(['query', sql, ...flags]);
  if (status !== 0) throw new Error(`${sql} failed:\n${stderr}`);
  return JSON.parse(stdout).rows;
}
