import { expect, it } from 'vitest';
import { describeWith } from '../helpers/needs.js';
import { LivePage, PHONE, ShopPage } from '../helpers/ui-pages.js';
import type { UiServer } from '../helpers/ui-server.js';
import { stage } from '../helpers/ui-stage.js';

/** The tracker may send an event again from the next page, with the same id: each counts once. */
const sentNames = ({ tracked }: UiServer) => [...new Map(tracked.map(({ id, name }) => [id, name])).values()];

describeWith('chromium', 'the demo shop', (chromium) => {
  const on = stage(chromium, true);

  it('sends nothing before consent, and what the page shows after it', async () => {
    const server = await on.serve();
    const shop = await ShopPage.open(on.browser, server.url);
    await shop.toggleRibbon();
    await shop.step('page_view', 'não enviado').waitFor();
    expect(await shop.ribbon.innerText()).toContain('aguardando o seu consentimento');
    await shop.answer('Aceitar');
    await shop.step('page_view').waitFor();
    await shop.step('view_item_list').waitFor();
    // Only what was pushed after the answer: the first page_view stays unsent.
    await expect
      .poll(() => sentNames(server).sort())
      .toEqual(['consent_update', 'page_view', 'view_item_list']);
    await shop.close();
  });

  it('sends nothing after a refusal, remembers it, and lets the visitor change it', async () => {
    const server = await on.serve();
    const shop = await ShopPage.open(on.browser, server.url);
    await shop.answer('Recusar');
    await shop.go('p/chaleira-gota');
    expect(await shop.page.getByRole('button', { name: 'Aceitar' }).count()).toBe(0);
    await shop.page.getByRole('button', { name: 'Adicionar ao carrinho' }).click();
    await shop.toggleRibbon();
    await shop.step('add_to_cart', 'não enviado').waitFor();
    expect(await shop.ribbon.innerText()).toContain('medição recusada');
    expect(server.tracked).toEqual([]);
    await shop.page.getByRole('button', { name: 'Preferências de cookies' }).click();
    await shop.page.getByLabel(/Medição de visitas/).check();
    await shop.answer('Salvar');
    await shop.step('view_item').waitFor();
    expect(sentNames(server)).not.toContain('add_to_cart');
    await shop.close();
  });

  it('goes from the front page to the order by real navigations', async () => {
    const server = await on.serve();
    const shop = await ShopPage.open(on.browser, server.url);
    await shop.answer('Aceitar');
    await shop.page.getByRole('link', { name: 'Café', exact: true }).click();
    await shop.page.waitForURL('**/demo/c/cafe');
    await shop.page.getByRole('link', { name: /Chaleira Gota/ }).click();
    await shop.page.waitForURL('**/demo/p/chaleira-gota');
    await shop.buy('moedor-cafe');
    await shop.toggleRibbon();
    await shop.step('purchase').waitFor();
    const wanted = [
      'consent_update',
      'page_view',
      'view_item_list',
      'event',
      'select_item',
      'productClick',
      'view_item',
      'add_to_cart',
      'addToCart',
      'view_cart',
      'begin_checkout',
      'add_payment_info',
      'purchase',
    ];
    await expect.poll(() => wanted.filter((name) => !sentNames(server).includes(name))).toEqual([]);
    const { data_layer } = server.tracked.find(({ name }) => name === 'purchase')!;
    expect(data_layer).toMatchObject({
      customer: { email: 'ana@exemplo.com.br', cpf: '529.982.247-25' },
      ecommerce: { currency: 'BRL', shipping: '19,90', items: [{ item_id: 'MOC-04', quantity: 1 }] },
    });
    await shop.close();
  });

  it('shows the purchase without personal data, and sells once', async () => {
    const server = await on.serve();
    const shop = await ShopPage.open(on.browser, server.url);
    await shop.answer('Aceitar');
    await shop.buy('tabua-ipe');
    await shop.toggleRibbon();
    await shop.step('purchase').click();
    const shown = await shop.ribbon.locator('.rp').innerText();
    expect(shown).toContain('3 dados pessoais foram removidos antes do log');
    expect(shown).not.toContain('529.982.247-25');
    await shop.page.reload();
    await shop.step('purchase').waitFor();
    expect(await shop.page.locator('.ev').filter({ hasText: 'purchase' }).count()).toBe(1);
    await shop.close();
  });

  it('clears ecommerce before each ecommerce push', async () => {
    const server = await on.serve();
    const shop = await ShopPage.open(on.browser, server.url, 'p/caneca-barro');
    const unclean = await shop.page.evaluate(() => {
      const layer = (window as unknown as { dataLayer: Record<string, unknown>[] }).dataLayer;
      return layer.filter((message, index) => message.ecommerce && layer[index - 1]?.ecommerce !== null)
        .length;
    });
    expect(unclean).toBe(0);
    await shop.close();
  });

  it('keeps the cart, and takes nonsense in the storage', async () => {
    const server = await on.serve();
    const shop = await ShopPage.open(on.browser, server.url, 'p/panela-ferro');
    await shop.answer('Recusar');
    await shop.page.getByRole('button', { name: 'Adicionar ao carrinho' }).click();
    await shop.go('carrinho');
    await shop.page.getByRole('button', { name: 'Aumentar' }).click();
    await expect.poll(() => shop.page.locator('.li .price').innerText()).toContain('918,00');
    for (const nonsense of ['{"panela-ferro":"x","<b>":3,"colher-pau":-1}', 'null', '{{{', '7']) {
      await shop.page.evaluate((text) => localStorage.setItem('casa-ipe.cart', text), nonsense);
      await shop.go('carrinho');
      await shop.page.getByText('Seu carrinho está vazio').waitFor();
    }
    await shop.close();
  });

  it('works on a phone, finds products, and knows what it does not have', async () => {
    const server = await on.serve();
    const shop = await ShopPage.open(on.browser, server.url, 'busca?q=cafe', { viewport: PHONE });
    await expect.poll(() => shop.page.locator('.card').count()).toBe(3);
    const wide = await shop.page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(PHONE.width);
    await shop.go('p/nao-existe');
    await shop.page.getByRole('heading', { name: 'Página não encontrada' }).waitFor();
    await shop.close();
  });

  it('shows its events on the live page', async () => {
    const server = await on.serve();
    const shop = await ShopPage.open(on.browser, server.url);
    await shop.answer('Aceitar');
    await shop.buy('jarra-vidro');
    const live = await LivePage.open(on.browser, server.url);
    await live.row('purchase').click();
    await live.tab(1).click();
    await expect.poll(() => live.pane.innerText()).toContain('[cpf]');
    await live.close();
    await shop.close();
  });
});
