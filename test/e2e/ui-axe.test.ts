import { expect, it } from 'vitest';
import { violations } from '../helpers/axe.js';
import { inFlight, shopping } from '../helpers/live-events.js';
import { describeWith } from '../helpers/needs.js';
import { LivePage, PHONE, ShopPage } from '../helpers/ui-pages.js';
import { stage } from '../helpers/ui-stage.js';

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
