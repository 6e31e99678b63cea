import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { latencyHtml, loadHtml } from '../../src/measure/report/html.js';
import { mergeLoad } from '../../src/measure/report/merge.js';
import { violations } from '../helpers/axe.js';
import { launch } from '../helpers/browser.js';
import { LATENCY_RUNS } from '../helpers/latency-runs.js';
import { LOAD_RUNS, twoMachines } from '../helpers/load-runs.js';
import { describeWith } from '../helpers/needs.js';

const WIDTHS = [380, 768, 1024, 1440];
const LONG = `https://collect.example/${'a-very-long-path-without-a-place-to-break/'.repeat(4)}${'x'.repeat(120)}`;
const HOSTILE = `</style><script>document.title='owned'</script><img src="http://127.0.0.1:9/x">"'`;

const PAGES: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    Object.entries(LOAD_RUNS).map(([name, run]) => [`load-${name}`, () => loadHtml(run())]),
  ),
  'load-merged': () => loadHtml(mergeLoad(twoMachines())),
  'load-long': () =>
    loadHtml({ ...LOAD_RUNS.oneSecond(), target: LONG, command: LONG, headline: LONG, explanation: LONG }),
  'load-hostile': () =>
    loadHtml({ ...LOAD_RUNS.oneSecond(), target: HOSTILE, command: HOSTILE, headline: HOSTILE }),
  ...Object.fromEntries(
    Object.entries(LATENCY_RUNS).map(([name, run]) => [`latency-${name}`, () => latencyHtml(run())]),
  ),
};
/** Those with every kind of picture, and those with none. */
const LOOKED_AT = [
  'load-clientLimited',
  'load-mixedErrors',
  'load-allErrors',
  'latency-lostAndLate',
  'latency-none',
];

/** What a reader would trip over in the page as it is shown now: runs in the page. */
function faults(): string[] {
  const found: string[] = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width)
    found.push(`wider than the window: ${document.documentElement.scrollWidth}`);
  for (const plot of document.querySelectorAll('.plot')) {
    const shown = [...plot.querySelectorAll('svg')].filter((svg) => svg.getBoundingClientRect().height > 80);
    if (shown.length !== 1) found.push(`${shown.length} drawings of one chart`);
    const texts = [...(shown[0]?.querySelectorAll('text') ?? [])].map(
      (text) => [text.textContent, text.getBoundingClientRect()] as const,
    );
    for (const [i, [name, box]] of texts.entries()) {
      if (box.left < 0 || box.right > width) found.push(`“${name}” leaves the page`);
      if (box.height < 9) found.push(`“${name}” is ${box.height} px high`);
      for (const [other, its] of texts.slice(i + 1)) {
        const across = Math.min(box.right, its.right) - Math.max(box.left, its.left);
        const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
        // Boxes of text are taller than its letters.
        if (across > 1 && down > 4) found.push(`“${name}” lies on “${other}”`);
      }
    }
  }
  return found;
}

describeWith('chromium', 'reports', (chromium) => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await launch(chromium);
    folder = await mkdtemp(join(tmpdir(), 'stargate-report-'));
    for (const [name, render] of Object.entries(PAGES))
      await writeFile(join(folder, `${name}.html`), render());
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a report from its file, without a network, and gives what was asked for besides. */
  async function opened<T>(
    name: string,
    options: { width?: number; colorScheme?: 'light' | 'dark'; javaScriptEnabled?: boolean },
    use: (page: Page, requests: readonly string[]) => Promise<T>,
  ): Promise<T> {
    const { width = 1024, ...rest } = options;
    const context = await browser.newContext({ viewport: { width, height: 900 }, offline: true, ...rest });
    try {
      const page = await context.newPage();
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
      return await use(page, requests);
    } finally {
      await context.close();
    }
  }

  it.each(Object.keys(PAGES))('%s fits every width, and asks for nothing', async (name) => {
    await opened(name, {}, async (page, requests) => {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate(faults), `at ${width} px`).toEqual([]);
      }
      expect(requests.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
    });
  });

  it('shows its pictures without scripts', async () => {
    for (const name of LOOKED_AT.slice(0, 4)) {
      await opened(name, { javaScriptEnabled: false }, async (page) => {
        const pictures = page.locator('.plot svg[role=img]:visible');
        expect(await pictures.count(), name).toBe(await page.locator('.plot').count());
        expect(await pictures.count(), name).toBeGreaterThan(2);
        const box = await pictures.first().boundingBox();
        expect(box!.height).toBeGreaterThan(100);
      });
    }
  });

  it('draws every colour in ink that differs from the page', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await opened('load-clientLimited', { colorScheme }, async (page) => {
        const inks = await page.evaluate(() => {
          const colour = (selector: string, property: 'stroke' | 'fill') =>
            getComputedStyle(document.querySelector(selector)!)[property];
          return [
            getComputedStyle(document.body).backgroundColor,
            colour('.line.one', 'stroke'),
            colour('.line.other', 'stroke'),
            colour('.line.plan', 'stroke'),
            colour('rect.solid', 'fill'),
            colour('.plot text', 'fill'),
          ];
        });
        expect(new Set(inks.slice(0, 4)).size, colorScheme).toBe(4);
        expect(inks.slice(1)).not.toContain(inks[0]);
        expect(inks.join()).not.toContain('none');
      });
    }
  });

  it.each(LOOKED_AT)('%s has no violation of accessibility', async (name) => {
    for (const [width, colorScheme] of [
      [380, 'light'],
      [1440, 'dark'],
    ] as const) {
      const found = await opened(name, { colorScheme, width }, violations);
      expect(found, `at ${width} px, ${colorScheme}`).toEqual([]);
    }
  });

  it('prints light, whatever the screen, and nothing is cut', async () => {
    await opened('load-clientLimited', { colorScheme: 'dark', width: 700 }, async (page) => {
      await page.emulateMedia({ media: 'print' });
      const [background, ...found] = await page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
      ]);
      expect(background).toBe('rgb(255, 255, 255)');
      expect([...found, ...(await page.evaluate(faults))]).toEqual([]);
      const pdf = await page.pdf({ format: 'A4' });
      expect(pdf.subarray(0, 4).toString()).toBe('%PDF');
    });
  });

  it('shows foreign text as text', async () => {
    await opened('load-hostile', {}, async (page, requests) => {
      expect(await page.locator('h1').textContent()).toBe(HOSTILE);
      expect(await page.locator('pre.cmd').textContent()).toBe(`$ ${HOSTILE}`);
      expect(await page.title()).toContain('</style><script>');
      expect(await page.locator('img, script').count()).toBe(0);
      expect(requests.filter((url) => url.startsWith('http'))).toEqual([]);
    });
  });

  it('tells the values of an interval under the pointer', async () => {
    await opened('load-freeze', {}, async (page) => {
      const titles = await page.locator('.plot .wide').first().locator('.hover title').allTextContents();
      expect(titles).toHaveLength(60);
      expect(titles[31]).toMatch(/^0:31: offered 5,000\/s, achieved \d+\/s$/);
    });
  });
});
