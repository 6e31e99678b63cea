import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { seriousFaults } from '../helpers/axe.js';
import { inContext, launch, launchProfile } from '../helpers/browser.js';
import { type Dev, everythingStored, type Row, startDev } from '../helpers/dev.js';
import { describeWith } from '../helpers/needs.js';
import { endAll } from '../helpers/running.js';
import { type Shopper, shopper } from '../helpers/shopper.js';
import { until } from '../tracker/site.js';

/** What each page pushes from the acceptance on, in order. */
const JOURNEY: readonly (readonly [path: string, ...names: string[]])[] = [
  ['/demo/', 'consent_update', 'page_view', 'view_item_list', 'event'],
  ['/demo/c/cafe', 'page_view', 'view_item_list', 'select_item', 'productClick'],
  ['/demo/p/chaleira-gota', 'page_view', 'view_item', 'add_to_cart', 'addToCart'],
  ['/demo/carrinho', 'page_view', 'view_cart'],
  ['/demo/checkout', 'page_view', 'begin_checkout', 'add_payment_info'],
  ['/demo/obrigado', 'page_view', 'purchase'],
];
/** Pushed by the click that leaves the page: its answer is read by nobody, so the next page sends it again. */
const WHILE_LEAVING = ['event', 'select_item', 'productClick', 'add_payment_info'];

/** What the checkout form holds, in any form that would give it away. */
const PERSONAL = /ana@|exemplo\.com|529\.?982|982\.?247|98888|888-?7777|ana souza|paulista/i;

const KETTLE = {
  item_id: 'CHG-09',
  item_name: 'Chaleira Gota 900 ml',
  item_brand: 'Casa Ipê',
  item_category: 'Café',
  price: '249.900000000',
};

describeWith('chromium', 'the demo shop, from the click to the row', (chromium) => {
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

  const visit = (use: (visitor: Shopper) => Promise<void>) =>
    inContext(browser, async (context) => use(await shopper(context, dev.url)));

  async function buyAll(visitor: Shopper): Promise<void> {
    await visitor.answerBanner('Aceitar');
    await visitor.toCheckout();
    await visitor.pay();
    await visitor.read();
    await dev.wait('good=1&bad=0&event_name=purchase');
  }

  it('sends nothing before the banner is answered, and nothing ever after a refusal', () =>
    visit(async (visitor) => {
      await visitor.goBy('Mesa', '/c/mesa');
      expect(visitor.sent).toEqual([]);
      await visitor.answerBanner('Recusar');
      await visitor.toCheckout();
      await visitor.pay();
      await visitor.read();
      expect(visitor.sent).toEqual([]);
      expect(await dev.counts()).toEqual({ total: 0, good: 0, bad: 0 });
      const traces = await visitor.page.evaluate('[document.cookie, ...Object.keys(localStorage)].join()');
      expect(traces).not.toMatch(/stargate|_ga/i);
      expect(visitor.complaints).toEqual([]);
    }));

  it('gives each push of a purchase one row, in order, once per event_id', () =>
    visit(async (visitor) => {
      await buyAll(visitor);
      const rows = await dev.query('SELECT * FROM events_deduped ORDER BY event_id');
      expect(rows.map(({ page_path, event_name }) => `${page_path} ${event_name}`)).toEqual(
        JOURNEY.flatMap(([path, ...names]) => names.map((name) => `${path} ${name}`)),
      );
      const copies = await dev.query(
        'SELECT event_name, count(*) AS n FROM events GROUP BY event_id, event_name HAVING n > 1',
      );
      expect(copies.filter(({ event_name }) => !WHILE_LEAVING.includes(String(event_name)))).toEqual([]);
      expect(copies.filter(({ n }) => Number(n) > 2)).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    }));

  it('fills the columns of page, visitor, consent and commerce', () =>
    visit(async (visitor) => {
      await buyAll(visitor);
      const rows = await dev.query('SELECT * FROM events_deduped ORDER BY event_id');
      const only = (name: string): Row => rows.find(({ event_name }) => event_name === name)!;
      const visitors = new Set(rows.map(({ user_pseudo_id }) => user_pseudo_id));
      expect([...visitors]).toEqual([expect.stringMatching(/^[\w.-]{10,}$/)]);
      expect(new Set(rows.map(({ session_id }) => session_id)).size).toBe(1);
      for (const row of rows) {
        expect(row).toMatchObject({
          origin: dev.url,
          ingest_path: 'v1',
          tracker_version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
          client_id_source: 'stargate',
          collection_mode: 'full',
          page_hostname: '127.0.0.1',
          page_title: expect.stringMatching(/^Casa Ipê: /),
        });
        expect(row.consent).toMatchObject({ analytics_storage: 'granted', ad_storage: 'granted' });
      }
      expect(only('view_item')).toMatchObject({
        page_referrer: `${dev.url}/demo/c/cafe`,
        value: '249.900000000',
        currency: 'BRL',
        items: [KETTLE],
      });
      expect(only('view_item_list').items).toHaveLength(8);
      expect(only('add_to_cart')).toMatchObject({ items: [{ ...KETTLE, quantity: 1, item_variant: 'Aço' }] });
      // The words of Universal Analytics, and a price in text, lead to the same columns.
      expect(only('addToCart')).toMatchObject({
        currency: 'BRL',
        items: [{ ...KETTLE, quantity: 1, item_variant: 'Aço' }],
      });
      expect(only('event')).toMatchObject({
        eventCategory: 'menu',
        eventAction: 'clique:menu-superior',
        eventLabel: 'cafe',
      });
      // 249.90 less 5 % for Pix, and 19.90 for shipping, which the shop pushes as the text "19,90".
      expect(only('purchase')).toMatchObject({
        transaction_id: expect.stringMatching(/^IPE-\d{5}$/),
        value: '257.300000000',
        shipping: '19.900000000',
        currency: 'BRL',
        items: [{ ...KETTLE, quantity: 1 }],
        issues: ['/data_layer/ecommerce/shipping: number in text, read as 19.9'],
      });
    }));

  it('stores no personal data of the checkout in any column of any table', () =>
    visit(async (visitor) => {
      await visitor.answerBanner('Aceitar');
      await visitor.toCheckout();
      const filled = await visitor.page.evaluate(
        `[...document.querySelectorAll('#checkout input')].map((one) => one.value).join()`,
      );
      expect(filled).toMatch(PERSONAL);
      await visitor.pay();
      await visitor.read();
      await dev.wait('good=1&bad=0&event_name=purchase');
      expect(await everythingStored(dev)).not.toMatch(PERSONAL);
      const [purchase] = await dev.good('event_name=purchase');
      expect(purchase).toMatchObject({
        pii_redactions: 4,
        data_layer: { customer: { name: '[name]', email: '[email]', phone: '[phone]', cpf: '[cpf]' } },
      });
    }));

  it('keeps a purchase, once, when everything is closed right behind it', async () => {
    const profile = mkdtempSync(join(tmpdir(), 'stargate-visitor-'));
    try {
      const first = await launchProfile(chromium, profile);
      const visitor = await shopper(first, dev.url);
      await visitor.answerBanner('Aceitar');
      await visitor.toCheckout();
      await visitor.page.getByRole('button', { name: 'Pagar com Pix' }).click();
      await until(() =>
        visitor.page.evaluate(`Boolean(window.stargate && /obrigado/.test(location.pathname))`),
      );
      await first.close();
      // Whatever was not acknowledged goes from the next visit.
      const second = await launchProfile(chromium, profile);
      await (await shopper(second, dev.url)).read();
      await second.close();
      await dev.wait('good=1&bad=0&event_name=purchase');
      const sales = await dev.query(
        `SELECT transaction_id, value FROM events_deduped WHERE event_name = 'purchase'`,
      );
      expect(sales).toEqual([{ transaction_id: expect.stringMatching(/^IPE-/), value: '257.300000000' }]);
    } finally {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  });

  it('sells once when the page of thanks is loaded again', () =>
    visit(async (visitor) => {
      await buyAll(visitor);
      await visitor.page.reload();
      await visitor.read();
      await dev.wait('good=2&bad=0&event_name=page_view');
      const sold = await dev.query(`SELECT event_id FROM events_deduped WHERE event_name = 'purchase'`);
      expect(sold).toHaveLength(1);
    }));

  it.each(['light', 'dark'] as const)('has no serious fault for assistive technology: %s', (colorScheme) =>
    visit(async (visitor) => {
      const { page } = visitor;
      const faults = async (place: string) => expect(await seriousFaults(page), place).toEqual([]);
      await page.emulateMedia({ colorScheme });
      await faults('home with the banner');
      await visitor.answerBanner('Aceitar');
      await visitor.goBy('Chaleira Gota 900 ml', '/p/chaleira-gota');
      await faults('product');
      await page.getByRole('button', { name: 'Adicionar ao carrinho' }).click();
      await visitor.goBy('Ver o carrinho', '/carrinho');
      await faults('cart');
      await visitor.goBy('Ir para o pagamento', '/checkout');
      await faults('checkout');
      await visitor.pay();
      await page.getByRole('button', { name: /eventos? enviados?/ }).click();
      await page.getByRole('region', { name: 'purchase' }).waitFor();
      await faults('thanks with the ribbon');
    }),
  );
});
