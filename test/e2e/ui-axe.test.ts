import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { inFlight, shopping } from '../helpers/live-events.js';
import { describeWith } from '../helpers/needs.js';
import { LivePage, PHONE, ShopPage } from '../helpers/ui-pages.js';
import { stage } from '../helpers/ui-stage.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Every violation of the rules of WCAG 2.2 A and AA and of good practice, as `rule: first place`. */
async function violations(page: Page): Promise<string[]> {
  // By the debugger: the page's own policy would refuse the script.
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(() => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    return axe.run();
  });
  return found.map(
    ({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`,
  );
}

describeWith('chromium', 'accessibility', (chromium) => {
  const on = stage(chromium, true);

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`the live page has no violation, ${colorScheme}`, async () => {
      const server = await on.serve();
      const live = await LivePage.open(on.browser, server.url, { colorScheme });
      await live.connected();
      expect(await violations(live.page), 'empty').toEqual([]);
      server.push([...shopping(40), inFlight(40, 'scroll')]);
      for (const name of ['purchase', 'add_to_cart', 'scroll']) {
        await live.search.fill(name);
        await live.row(name).click();
        for (const tab of [0, 1, 2] as const) {
          await live.tab(tab).click();
          await expect.poll(() => live.tab(tab).getAttribute('aria-selected')).toBe('true');
          expect(await violations(live.page), `${name} tab ${tab}`).toEqual([]);
        }
      }
      await live.search.fill('nothing at all');
      await live.page.getByText('No event matches').waitFor();
      expect(await violations(live.page), 'nothing found').toEqual([]);
      for (const button of ['Install the tag', 'Clear']) {
        await live.page.getByRole('button', { name: button, exact: true }).click();
        await live.page.getByRole('dialog').waitFor();
        expect(await violations(live.page), button).toEqual([]);
        await live.page.keyboard.press('Escape');
        await expect.poll(() => live.page.getByRole('dialog').count()).toBe(0);
      }
      await live.pause.click();
      await server.close();
      await live.page.getByRole('alert').waitFor();
      expect(await violations(live.page), 'offline').toEqual([]);
      await live.close();
    });

    it(`the live page on a phone has no violation, ${colorScheme}`, async () => {
      const server = await on.serve();
      server.push(shopping(40));
      const live = await LivePage.open(on.browser, server.url, {
        colorScheme,
        viewport: PHONE,
        locale: 'pt-BR',
      });
      await live.rows.first().waitFor();
      expect(await violations(live.page), 'list').toEqual([]);
      await live.row('add_to_cart').click();
      await live.pane.waitFor();
      expect(await violations(live.page), 'sheet').toEqual([]);
      await live.close();
    });

    it(`the shop has no violation, ${colorScheme}`, async () => {
      const server = await on.serve();
      const shop = await ShopPage.open(on.browser, server.url, '', { colorScheme });
      await shop.answer('Escolher');
      expect(await violations(shop.page), 'consent').toEqual([]);
      await shop.answer('Aceitar');
      await shop.toggleRibbon();
      await shop.step('page_view').waitFor();
      for (const path of ['', 'c/mesa', 'p/colher-pau', 'nada']) {
        await shop.go(path);
        expect(await violations(shop.page), path).toEqual([]);
      }
      await shop.go('p/colher-pau');
      await shop.page.getByRole('button', { name: 'Adicionar ao carrinho' }).click();
      for (const path of ['carrinho', 'checkout']) {
        await shop.go(path);
        expect(await violations(shop.page), path).toEqual([]);
      }
      await shop.page.getByRole('button', { name: 'Pagar com Pix' }).click();
      await shop.page.waitForURL('**/obrigado');
      await shop.step('purchase').waitFor();
      expect(await violations(shop.page), 'obrigado').toEqual([]);
      await shop.close();
    });
  }
});
