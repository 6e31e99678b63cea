/** What the tests of commands share: a folder a test, events, and what is stored. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { type Run, stargate } from '../../helpers/cli.js';
import { endAll, eventually } from '../../helpers/running.js';

const SOURCE = { id: 'shop', kind: 'browser', key: 'dev', origins: ['https://shop.example'] };

/** The folder of the running test: working directory of its commands, with a stargate.json that lets `dev` send. */
export function workingFolder(): () => string {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'stargate-commands-'));
    sources(path, ['dev']);
  });
  afterEach(async () => {
    await endAll();
    rmSync(path, { recursive: true, force: true });
  });
  return () => path;
}

/** Writes stargate.json with a source for each key. */
export function sources(folder: string, keys: readonly string[]): void {
  const list = keys.map((key, index) => ({ ...SOURCE, id: `shop${index}`, key }));
  writeFileSync(join(folder, 'stargate.json'), JSON.stringify({ sources: list }));
}

/** Sends one event, or for null one that is rejected, on a connection of its own. */
export async function send(collector: string, name: string | null, key = 'dev'): Promise<Response> {
  const body = JSON.stringify({ v: 1, k: key, events: [name === null ? 'no event' : { name }] });
  const headers = { 'content-type': 'application/json', connection: 'close' };
  return fetch(`${collector}/v1/events`, { method: 'POST', headers, body });
}

/** Rows of a query that must work. */
export async function rows<T>(cwd: string, sql: string): Promise<readonly T[]> {
  const { status, stdout, stderr } = await stargate(['query', sql, '--json'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout).rows;
}

/** Waits until that many events are queryable. */
export const stored = (cwd: string, count: number) =>
  eventually(
    async () => {
      const { status, stdout } = await stargate(['query', 'SELECT count(*) AS n FROM events', '--json'], {
        cwd,
      });
      return status === 0 && JSON.parse(stdout).rows[0].n >= count;
    },
    () => `${count} events`,
  );

/** An error for a person: its code and status, text without a stack, nothing on stdout. */
export function expectFault(run: Run, code: string, status: number, ...texts: readonly string[]): void {
  expect(run, run.stderr).toMatchObject({ status, stdout: '' });
  expect(run.stderr).toContain(`✗ ${code}  `);
  expect(run.stderr).toMatch(/^ {2}Next {2,}\S/m);
  expect(run.stderr).not.toMatch(/^\s+at /m);
  expect(run.stderr).not.toContain('STG_BUG');
  // Wrapped lines are one sentence.
  const plain = run.stderr.replace(/\s+/g, ' ');
  for (const text of texts) expect(plain).toContain(text);
}
