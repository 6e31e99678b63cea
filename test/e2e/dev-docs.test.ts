/** What is printed and written for people to copy, run as it stands there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { inContext, launch } from '../helpers/browser.js';
import { BIN, ensureBuilt, folder, type Started, start } from '../helpers/cli.js';
import { startDev } from '../helpers/dev.js';
import { describeWith } from '../helpers/needs.js';
import { endAll } from '../helpers/running.js';
import { root } from '../helpers/source.js';

const run = promisify(execFile);
const read = (path: string) => readFileSync(join(root, path), 'utf8');
/** Commands of the shell blocks of a document that begin like this, with the lines that they go on in. */
const commands = (path: string, begin: RegExp): string[] =>
  [...read(path).matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block]) => block!.replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => begin.test(line));

describe('commands for the terminal', () => {
  const places: { remove(): void }[] = [];
  const processes: Started[] = [];
  afterEach(async () => {
    for (const { child, ended } of processes.splice(0)) {
      child.kill('SIGTERM');
      await ended;
    }
    for (const { remove } of places.splice(0)) remove();
  });

  /** `stargate dev` as a person starts it, in a folder of its own. */
  async function dev() {
    await ensureBuilt();
    const place = folder();
    places.push(place);
    const started = start(['dev', '--port', '0'], { cwd: place.path });
    processes.push(started);
    let printed = '';
    started.child.stdout!.on('data', (text: string) => {
      printed += text;
    });
    await started.saw(`}]}'\n`);
    return { cwd: place.path, printed };
  }

  /** In the shell that people have; `stargate` and `npx stargate` are the command of this checkout. */
  const sh = (script: string, cwd: string) => {
    const shim = `stargate() { "${process.execPath}" "${BIN}" "$@"; }; npx() { "$@"; }\n`;
    return run('sh', ['-c', shim + script], { cwd, env: { PATH: process.env.PATH } });
  };

  it('the curl that dev prints stores an event, and the queries of the readmes find it', async () => {
    const { cwd, printed } = await dev();
    const [curl = ''] = /curl [\s\S]*?\}\]\}'/.exec(printed) ?? [];
    expect(JSON.parse((await sh(curl, cwd)).stdout)).toEqual({ accepted: 1, rejected: 0 });
    const [, url = ''] = /curl (http:\/\/[^/]+)/.exec(curl) ?? [];
    for (const readme of ['README.md', 'README.pt.md']) {
      const [post = ''] = commands(readme, /^curl /);
      const answer = await sh(post.replace('http://127.0.0.1:8000', url), cwd);
      expect(JSON.parse(answer.stdout)).toEqual({ accepted: 1, rejected: 0 });
    }
    expect((await fetch(`${url}/dev/wait?good=3&bad=0&timeout=15000`)).status).toBe(200);
    const queries = ['README.md', 'README.pt.md', 'docs/dev.md']
      .flatMap((path) => commands(path, /^(npx )?stargate query /))
      // The others are for BigQuery: test/integration/bigquery/docs.test.ts.
      .filter((query) => !query.includes('--warehouse $WAREHOUSE'));
    expect(queries.length).toBeGreaterThanOrEqual(4);
    for (const query of queries) await sh(query, cwd);
    const { stdout } = await sh(queries[0]!, cwd);
    expect(stdout.match(/hello|ola/g)).toHaveLength(3);
    expect(readFileSync(join(cwd, 'events.csv'), 'utf8').split('\n')[0]).toMatch(/^event_id,schema_version/);
  });
});

describe('the OpenAPI document', () => {
  afterAll(endAll);

  it('is complete: every reference leads somewhere, every answer is described, every path is there', async () => {
    const { url } = await startDev();
    const answer = await fetch(`${url}/openapi.json`);
    const text = await answer.text();
    const document = JSON.parse(text);
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name!);
    }
    for (const [path, methods] of Object.entries<Record<string, Operation>>(document.paths)) {
      for (const [method, { responses, security = [] }] of Object.entries(methods)) {
        expect(Object.keys(responses).length, path).toBeGreaterThan(0);
        for (const [status, { description }] of Object.entries(responses)) {
          expect(status).toMatch(/^[1-5]\d\d$/);
          expect(description).toBeTruthy();
        }
        for (const name of security.flatMap((one) => Object.keys(one))) {
          expect(document.components.securitySchemes).toHaveProperty(name);
        }
        const { status } = await fetch(url + path, { method: method.toUpperCase() });
        expect(Object.keys(responses), `${method} ${path}`).toContain(String(status));
      }
    }
  });
});

interface Operation {
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

describeWith('chromium', 'the page of the API', (chromium) => {
  afterAll(endAll);

  it('renders in a browser under its own policy', async () => {
    const { url } = await startDev();
    const browser = await launch(chromium);
    try {
      await inContext(browser, async (context) => {
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        await page.goto(`${url}/docs`);
        await page.getByRole('heading', { name: 'Stargate collector' }).waitFor();
        await page.getByRole('heading', { name: 'POST /v1/events' }).waitFor();
        const font = await page.evaluate('getComputedStyle(document.body).fontFamily');
        expect(font).toMatch(/system-ui/);
        expect(complaints).toEqual([]);
      });
    } finally {
      await browser.close();
    }
  });
});
