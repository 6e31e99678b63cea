/**
 * Tests a site's tracking with Playwright and `stargate dev`:
 *
 *   npm install playwright-core
 *   node playwright.mjs /usr/bin/chromium http://127.0.0.1:8000
 *
 * The first argument is the browser, the second a running `stargate dev`. It ends with status 0 when the row was
 * as it should be. Put your own shop's addresses where the demo shop's are.
 */
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [executablePath, stargate = 'http://127.0.0.1:8000'] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();

  await fetch(`${stargate}/dev/reset`, { method: 'POST' });

  await page.goto(`${stargate}/demo/`);
  await page.getByRole('button', { name: 'Aceitar' }).click();
  await page.goto(`${stargate}/demo/p/chaleira-gota`);

  const seen = await fetch(`${stargate}/dev/wait?good=1&bad=0&event_name=view_item&timeout=10000`);
  if (!seen.ok) throw new Error(`no view_item: ${await seen.text()}`);

  const [row] = await (await fetch(`${stargate}/dev/good?event_name=view_item&limit=1`)).json();
  assert.equal(row.currency, 'BRL');
  assert.equal(Number(row.value), 249.9);
  assert.equal(row.items[0].item_id, 'CHG-09');
  process.stdout.write(`view_item of ${row.items[0].item_name}, ${row.value} ${row.currency}\n`);
} finally {
  await browser.close();
}
