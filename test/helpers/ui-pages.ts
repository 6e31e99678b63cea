/** Page objects of the live page and of the demo shop: the same against the stand-in and against `stargate dev`. */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** A page in a context of its own; `close` fails the test when the page complained, of its policy for one. */
async function open(browser: Browser, options: BrowserContextOptions) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en',
    ...options,
  });
  // A step that does not come should fail the test that waits for it, not use up its time.
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself reports each lost connection; the page has a banner for that.
    if (message.type() === 'error' && !/net::ERR_/.test(message.text())) complaints.push(message.text());
  });
  return {
    page,
    complaints,
    async close() {
      await context.close();
      expect(complaints).toEqual([]);
    },
  };
}

export const PHONE = { width: 380, height: 800 };

export class LivePage {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;

  private constructor(opened: Awaited<ReturnType<typeof open>>) {
    this.page = opened.page;
    this.complaints = opened.complaints;
    this.close = opened.close;
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<LivePage> {
    const live = new LivePage(await open(browser, options));
    await live.page.goto(url);
    await live.page.locator('[data-figure=received]').waitFor();
    return live;
  }

  get list(): Locator {
    return this.page.getByRole('listbox');
  }

  get rows(): Locator {
    // Not by role alone: the choices of a select have it too.
    return this.page.locator('[role=option]');
  }

  row(text: string): Locator {
    return this.rows.filter({ hasText: text }).first();
  }

  get chosen(): Locator {
    return this.page.locator('[role=option][aria-selected=true]');
  }

  get search(): Locator {
    return this.page.getByRole('searchbox');
  }

  get detail(): Locator {
    return this.page.locator('.detail');
  }

  get pane(): Locator {
    return this.page.getByRole('tabpanel');
  }

  tab(index: 0 | 1 | 2): Locator {
    return this.page.getByRole('tab').nth(index);
  }

  get pause(): Locator {
    return this.page.locator('[aria-keyshortcuts=p]');
  }

  /** `received`, `good`, `bad`, `in_flight`, `p50`, `p99`, `scrubbed`, `rate`, as shown. */
  figure(name: string): Promise<string> {
    return this.page.locator(`[data-figure=${name}]`).innerText();
  }

  async count(name: string): Promise<number> {
    return Number((await this.figure(name)).replace(/\D/g, ''));
  }

  /** Names in the list, as far as they are rendered, from the top. */
  names(): Promise<string[]> {
    return this.page.locator('[role=option] .n > span:first-child').allInnerTexts();
  }

  async connected(): Promise<void> {
    await this.page.locator('.state.live').waitFor();
  }

  async copied(button: string): Promise<string> {
    await this.detail.getByRole('button', { name: button, exact: true }).click();
    return this.page.evaluate(() => navigator.clipboard.readText());
  }
}

export class ShopPage {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
  readonly #url: string;

  private constructor(opened: Awaited<ReturnType<typeof open>>, url: string) {
    this.page = opened.page;
    this.complaints = opened.complaints;
    this.close = opened.close;
    this.#url = url;
  }

  static async open(
    browser: Browser,
    url: string,
    path = '',
    options: BrowserContextOptions = {},
  ): Promise<ShopPage> {
    const shop = new ShopPage(await open(browser, { locale: 'pt-BR', ...options }), url);
    await shop.go(path);
    return shop;
  }

  async go(path: string): Promise<void> {
    await this.page.goto(`${this.#url}/demo/${path}`);
    await this.ribbon.waitFor();
  }

  get ribbon(): Locator {
    return this.page.locator('.rib');
  }

  answer(choice: 'Aceitar' | 'Recusar' | 'Escolher' | 'Salvar'): Promise<void> {
    return this.page.getByRole('button', { name: choice }).click();
  }

  async toggleRibbon(): Promise<void> {
    await this.page.locator('.rb').click();
  }

  /** The line of the newest push with that name, once it can be queried. */
  step(name: string, state = 'consultável'): Locator {
    return this.page
      .locator('.ev')
      .filter({ has: this.page.getByText(name, { exact: true }) })
      .filter({ hasText: state })
      .first();
  }

  /** From a product to the order. */
  async buy(slug: string): Promise<void> {
    await this.go(`p/${slug}`);
    await this.page.getByRole('button', { name: 'Adicionar ao carrinho' }).click();
    await this.page.getByRole('link', { name: 'Ver o carrinho' }).click();
    await this.page.getByRole('link', { name: 'Ir para o pagamento' }).click();
    await this.page.getByRole('button', { name: 'Pagar com Pix' }).click();
    await this.page.waitForURL('**/demo/obrigado');
  }
}
