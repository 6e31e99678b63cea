/** Someone who buys in the demo shop with a real browser. */
import type { BrowserContext, Page, Request } from 'playwright-core';
import { until } from '../tracker/site.js';

export interface Shopper {
  readonly page: Page;
  /** Requests that could carry an event, of every page so far. */
  readonly sent: readonly Request[];
  /** What the pages said on the console as warnings and errors, or threw. */
  readonly complaints: readonly string[];
  answerBanner(button: 'Aceitar' | 'Recusar'): Promise<void>;
  /** Follows a link or presses a button that leads to this address. */
  goBy(name: string, path: string): Promise<void>;
  /** From wherever to the checkout page, with one kettle in the cart. */
  toCheckout(): Promise<void>;
  /** Presses the button that pays, and waits for the page of thanks. */
  pay(): Promise<void>;
  /** Looks at the page for a while: until everything is sent and answered. */
  read(): Promise<unknown>;
}

const carriesEvents = (request: Request) => /\/v1\/|\/api\//.test(new URL(request.url()).pathname);

/** Opens the home page of the shop below `url`, with the tracker loaded. */
export async function shopper(context: BrowserContext, url: string): Promise<Shopper> {
  const sent: Request[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => void (carriesEvents(request) && sent.push(request)));
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  // Not waitForFunction: it evaluates texts inside the page, and the policy of the page forbids that.
  const tracker = () => until(() => page.evaluate('window.stargate !== undefined'));
  const read = () =>
    until(() =>
      page.evaluate(
        `stargate.flush().then(() => !Object.keys(localStorage).some((at) => at.startsWith('stargate/dev/')))`,
      ),
    );
  async function goBy(name: string, path: string): Promise<void> {
    await read();
    await page.getByRole('link', { name }).or(page.getByRole('button', { name })).first().click();
    await page.waitForURL(`**/demo${path}`);
    await tracker();
  }
  await page.goto(`${url}/demo/`);
  await tracker();
  return {
    page,
    sent,
    complaints,
    goBy,
    answerBanner: (button) => page.getByRole('button', { name: button, exact: true }).click(),
    async toCheckout() {
      await goBy('Café', '/c/cafe');
      await goBy('Chaleira Gota 900 ml', '/p/chaleira-gota');
      await page.getByRole('button', { name: 'Adicionar ao carrinho' }).click();
      await goBy('Ver o carrinho', '/carrinho');
      await goBy('Ir para o pagamento', '/checkout');
    },
    pay: () => goBy('Pagar com Pix', '/obrigado'),
    read,
  };
}
