import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { startDev } from '../helpers/dev.js';
import { describeWith } from '../helpers/needs.js';
import { endAll } from '../helpers/running.js';
import { root } from '../helpers/source.js';

const EXAMPLE = join(root, 'docs', 'examples', 'playwright.mjs');
const run = promisify(execFile);

/** Lines without their indentation: the guide shows a part of the file. */
const lines = (text: string) => text.split('\n').map((line) => line.trim());

describe('the Playwright example of the guide to dev', () => {
  it('is shown as it stands in the file', () => {
    const guide = readFileSync(join(root, 'docs', 'dev.md'), 'utf8');
    const [, shown = ''] = /### Playwright[\s\S]*?```js\n([\s\S]*?)```/.exec(guide) ?? [];
    const part = lines(shown.trim()).join('\n');
    expect(part.split('\n').length).toBeGreaterThan(8);
    expect(lines(readFileSync(EXAMPLE, 'utf8')).join('\n')).toContain(part);
  });
});

describeWith('chromium', 'the Playwright example, run', (chromium) => {
  afterAll(endAll);

  it('passes against a real dev, and fails without one', async () => {
    const dev = await startDev();
    const { stdout } = await run(process.execPath, [EXAMPLE, chromium, dev.url], { timeout: 60_000 });
    expect(stdout).toMatch(/^view_item of Chaleira Gota 900 ml, 249\.9\d* BRL\n$/);
    await dev.process.kill();
    await expect(run(process.execPath, [EXAMPLE, chromium, dev.url])).rejects.toMatchObject({ code: 1 });
  });
});
