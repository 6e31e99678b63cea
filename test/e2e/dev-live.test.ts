import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { seriousFaults } from '../helpers/axe.js';
import { launch } from '../helpers/browser.js';
import { type Dev, startDev } from '../helpers/dev.js';
import { describeWith } from '../helpers/needs.js';
import { endAll } from '../helpers/running.js';
import { until } from '../tracker/site.js';

const WIDE: BrowserContextOptions = { viewport: { width: 1440, height: 900 }, locale: 'en-US' };
const PHONE: BrowserContextOptions = {
  viewport: { width: 380, height: 780 },
  hasTouch: true,
  locale: 'en-US',
};

const PURCHASE = {
  id: 'order-1',
  name: 'purchase',
  page: { location: 'https://shop.example/thanks?mail=ana@exemplo.com.br', title: 'Thanks' },
  data_layer: {
    event: 'purchase',
    customer: { email: 'ana@exemplo.com.br', cpf: '529.982.247-25' },
    ecommerce: { transaction_id: 'T-1', value: '12,50', currency: 'BRL', items: [{ item_id: 'A' }] },
  },
};
const BAD = { id: 'bad-1', name: 'add_to_cart', ts: 'yesterday', data_layer: { event: 'add_to_cart' } };
const VIEW = { id: 'view-1', name: 'page_view', page: { location: 'https://shop.example/list' } };

describeWith('chromium', 'the live page of a real dev', (chromium) => {
  let browser: Browser;
  let dev: Dev;
  beforeAll(async () => {
    [browser, dev] = await Promise.all([launch(chromium), startDev()]);
  });
  afterAll(async () => {
    await browser?.close();
    await endAll();
  });
  beforeEach(() => dev.reset());

  /** Opens the page; whatever the console says, such as a breach of the page's policy, fails the test. */
  async function visit(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext(options);
    const complaints: string[] = [];
    try {
      const page = await context.newPage();
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(dev.url);
      await page
        .getByRole('status')
        .filter({ hasText: /Collecting|Coletando/ })
        .waitFor();
      await use(page);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }

  /** A purchase, a page view and a bad event, as sent while somebody looks. */
  async function three(page: Page): Promise<void> {
    await dev.send([PURCHASE, VIEW, BAD]);
    await dev.wait('good=2&bad=1');
    await page.locator('.row.bad').waitFor();
    await until(async () => (await page.locator('.row.good').count()) === 2);
  }
  const row = (page: Page, name: string) => page.locator('.row', { hasText: name });
  const pane = (page: Page) => page.getByRole('tabpanel');
  /** The page draws with the next frame. */
  const soon = { timeout: 10_000, interval: 20 };
  const figure = async (page: Page, id: string) =>
    Number(await page.locator(`[data-figure=${id}]`).textContent());

  it('shows events as they become queryable, with the row that the table holds', () =>
    visit(WIDE, async (page) => {
      await page.getByRole('heading', { name: 'Waiting for the first event' }).waitFor();
      await three(page);
      await row(page, 'purchase').click();
      await page.getByRole('tab', { name: 'Row' }).click();
      await expect.poll(() => pane(page).innerText(), soon).toMatch(/^transaction_id$/m);
      const shown = await pane(page).innerText();
      const [stored] = await dev.good('event_id=order-1');
      for (const column of ['event_id', 'received_at', 'page_location', 'transaction_id', 'currency']) {
        expect(shown).toContain(String(stored![column]));
      }
      expect(shown).not.toContain('exemplo');
      await page.getByRole('tab', { name: /Payload/ }).click();
      await expect.poll(() => pane(page).innerText(), soon).toMatch(/"\[email\]"[\s\S]*"\[cpf\]"/);
      await page.getByRole('tab', { name: /Problems/ }).click();
      await expect
        .poll(() => pane(page).innerText(), soon)
        .toMatch(/\/data_layer\/ecommerce\/value[\s\S]*12,50/);
    }));

  it('shows why an event is bad, and where', () =>
    visit(WIDE, async (page) => {
      await three(page);
      await row(page, 'add_to_cart').click();
      await page.getByRole('tab', { name: /Problems/ }).click();
      await expect.poll(() => pane(page).innerText(), soon).toMatch(/field_type[\s\S]*\/ts/);
      expect(await pane(page).locator('.line.bad').innerText()).toContain('"ts": "yesterday"');
    }));

  it('counts what the dev API counts; received is good, bad and in flight at every moment', () =>
    visit(WIDE, async (page) => {
      await page.evaluate(`(() => {
        window.sums = [];
        const read = (id) => Number(document.querySelector('[data-figure=' + id + ']').textContent);
        new MutationObserver(() => sums.push(read('received') - read('good') - read('bad') - read('in_flight')))
          .observe(document.querySelector('.figs'), { subtree: true, childList: true, characterData: true });
      })()`);
      await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          dev.send([
            { ...VIEW, id: `v${n}` },
            { ...BAD, id: `b${n}` },
          ]),
        ),
      );
      await dev.wait('good=30&bad=30');
      await until(
        async () => (await figure(page, 'received')) === 60 && (await figure(page, 'in_flight')) === 0,
      );
      expect(await figure(page, 'good')).toBe(30);
      expect(await figure(page, 'bad')).toBe(30);
      const sums = (await page.evaluate('sums')) as number[];
      expect(sums.length).toBeGreaterThan(0);
      expect(sums.filter((sum) => sum !== 0)).toEqual([]);
    }));

  it('filters by state and name, and searches in every value', () =>
    visit(WIDE, async (page) => {
      await three(page);
      const names = () => page.locator('.row .n > span').allTextContents();
      const status = page.getByRole('group', { name: 'Status' });
      await status.getByRole('button', { name: /Bad/ }).click();
      await expect.poll(names, soon).toEqual(['add_to_cart']);
      // Both before the page draws again.
      await page.evaluate(`(() => {
        document.querySelector('.tools .seg button').click();
        const name = document.querySelector('.tools select');
        name.value = 'page_view';
        name.dispatchEvent(new Event('change', { bubbles: true }));
      })()`);
      await expect.poll(names, soon).toEqual(['page_view']);
      await page.getByRole('combobox', { name: 'Event name' }).selectOption('');
      await page.getByRole('searchbox').fill('T-1');
      await expect.poll(names, soon).toEqual(['purchase']);
      await page.getByRole('searchbox').fill('nothing has this');
      await page.getByRole('button', { name: 'Show all events' }).click();
      await expect.poll(names, soon).toHaveLength(3);
    }));

  it('can be used without a mouse', () =>
    visit(WIDE, async (page) => {
      await three(page);
      const chosen = () => page.locator('.row[aria-selected=true] .n > span').first().textContent();
      await page.keyboard.press('/');
      await page.keyboard.type('page_view');
      await until(async () => (await page.locator('.row').count()) === 1);
      await page.keyboard.press('Escape');
      await until(async () => (await page.locator('.row').count()) === 3);
      const first = await chosen();
      await page.keyboard.press('ArrowDown');
      await until(async () => (await chosen()) !== first);
      await page.keyboard.press('ArrowUp');
      await until(async () => (await chosen()) === first);
      for (const [key, name] of [
        ['2', /Payload/],
        ['3', /Problems/],
        ['1', /Row/],
      ] as const) {
        await page.keyboard.press(key);
        await page.getByRole('tab', { name, selected: true }).waitFor();
      }
      await page.keyboard.press('p');
      await dev.send([{ ...VIEW, id: 'later' }]);
      await page.getByRole('button', { name: 'Resume, 1 new' }).waitFor();
      expect(await page.locator('.row').count()).toBe(3);
      await page.keyboard.press('p');
      await until(async () => (await page.locator('.row').count()) === 4);
    }));

  it('clears everything after asking', () =>
    visit(WIDE, async (page) => {
      await three(page);
      await page.getByRole('button', { name: 'Clear' }).click();
      await page.getByRole('button', { name: 'Cancel' }).click();
      expect(await dev.counts()).toMatchObject({ total: 3 });
      await page.getByRole('button', { name: 'Clear' }).click();
      await page.getByRole('button', { name: 'Delete all rows' }).click();
      await page.getByRole('heading', { name: 'Waiting for the first event' }).waitFor();
      expect(await dev.counts()).toEqual({ total: 0, good: 0, bad: 0 });
      expect(await dev.query('SELECT count(*) AS n FROM events')).toEqual([{ n: 0 }]);
    }));

  it('speaks Portuguese when asked to, and still after a reload', () =>
    visit(WIDE, async (page) => {
      await three(page);
      await page.getByRole('combobox', { name: 'Language' }).selectOption('pt');
      await page.getByRole('button', { name: 'Limpar' }).waitFor();
      await page.reload();
      await page.getByRole('button', { name: 'Limpar' }).waitFor();
      expect(await page.evaluate('document.documentElement.lang')).toBe('pt-BR');
      await row(page, 'add_to_cart').click();
      await page.getByRole('tab', { name: /Problemas/ }).click();
      await expect.poll(() => pane(page).innerText(), soon).toMatch(/O que fazer/);
    }));

  it('fits a phone: the event covers the list, and the way back of the browser leads to it', () =>
    visit(PHONE, async (page) => {
      await three(page);
      const overflow = 'document.documentElement.scrollWidth - innerWidth';
      expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
      await row(page, 'purchase').tap();
      await page.getByRole('button', { name: 'Back to events' }).waitFor();
      expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
      await page.goBack();
      await row(page, 'page_view').waitFor();
      await page.getByRole('button', { name: 'Install the tag' }).tap();
      const wide = await page.evaluate(
        `[...document.querySelectorAll('dialog .seg button')].some((one) => one.getBoundingClientRect().right > innerWidth)`,
      );
      expect(wide).toBe(false);
    }));

  it('says so when dev is gone', async () => {
    const other = await startDev();
    const context = await browser.newContext(WIDE);
    try {
      const page = await context.newPage();
      await page.goto(other.url);
      await page.getByRole('status').filter({ hasText: 'Collecting' }).waitFor();
      await other.process.kill();
      await page.getByRole('alert').filter({ hasText: 'lost contact' }).waitFor();
    } finally {
      await context.close();
    }
  });

  it.each([
    ['wide, light', { ...WIDE, colorScheme: 'light' }],
    ['wide, dark', { ...WIDE, colorScheme: 'dark' }],
    ['phone, light', { ...PHONE, colorScheme: 'light' }],
    ['phone, dark', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('has no serious fault for assistive technology: %s', (_, options) =>
    visit(options, async (page) => {
      const faults = async (state: string) => expect(await seriousFaults(page), state).toEqual([]);
      await page.getByRole('heading', { name: 'Waiting for the first event' }).waitFor();
      await faults('empty');
      await three(page);
      await faults('list');
      for (const name of ['purchase', 'add_to_cart']) {
        await row(page, name).click();
        await page.getByRole('tab').first().waitFor();
        for (const tab of await page.getByRole('tab').all()) {
          await tab.click();
          await faults(`${name}, ${await tab.innerText()}`);
        }
        if (options.hasTouch) await page.goBack();
      }
      await page.getByRole('button', { name: 'Install the tag' }).click();
      await faults('install');
    }),
  );
});
