import { expect, it } from 'vitest';
import type { LiveEvent } from '../../src/event/live.js';
import { bad, good, shopping } from '../helpers/live-events.js';
import { describeWith } from '../helpers/needs.js';
import { LivePage, PHONE } from '../helpers/ui-pages.js';
import { stage } from '../helpers/ui-stage.js';

const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

/** Every text of the event is markup that would run. */
function hostile(offset: number): LiveEvent {
  const event = good(offset, HOSTILE, HOSTILE, {
    page_title: HOSTILE,
    items: [{ item_id: HOSTILE, item_name: HOSTILE }],
    issues: [`/${HOSTILE}: ${HOSTILE}`],
    data_layer: { [HOSTILE]: HOSTILE, list: [HOSTILE] },
  });
  return { ...event, event_id: HOSTILE, user_pseudo_id: HOSTILE, page_path: HOSTILE };
}

describeWith('chromium', 'the live page under strain', (chromium) => {
  const on = stage(chromium);

  it('keeps text text, whatever is in it', async () => {
    const server = await on.serve();
    server.push([
      hostile(1),
      {
        ...bad(2, HOSTILE, JSON.stringify({ ts: HOSTILE, [HOSTILE]: HOSTILE })),
        reason: HOSTILE,
        pointer: `/${HOSTILE}`,
      },
      { ...bad(3, null, HOSTILE), reason: 'event_not_object', pointer: '' },
    ]);
    const live = await LivePage.open(on.browser, server.url);
    for (const index of [0, 1, 2]) {
      await live.rows.nth(index).click();
      for (const tab of [0, 1, 2] as const) {
        await live.tab(tab).click();
        await expect.poll(() => live.tab(tab).getAttribute('aria-selected')).toBe('true');
        expect(await live.pane.innerHTML()).not.toContain('<img');
      }
    }
    expect(await live.pane.innerText()).toContain(HOSTILE);
    expect(await live.page.locator('img, #app script').count()).toBe(0);
    expect(await live.page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
    await live.close();
  });

  it('says when the server is gone, keeps what it shows, and comes back', async () => {
    const server = await on.serve();
    server.push(shopping(10));
    const live = await LivePage.open(on.browser, server.url);
    await expect.poll(() => live.rows.count()).toBe(10);
    await server.close();
    await live.page.getByRole('alert').waitFor();
    expect(await live.rows.count()).toBe(10);
    const next = await on.serve(server.port);
    next.push(shopping(12));
    await expect.poll(() => live.page.getByRole('alert').count(), { timeout: 15_000 }).toBe(0);
    await expect.poll(() => live.rows.count()).toBe(12);
    await live.close();
  });

  it('drops what it shows when the server has another log', async () => {
    const server = await on.serve();
    server.push(shopping(10));
    const live = await LivePage.open(on.browser, server.url);
    await expect.poll(() => live.rows.count()).toBe(10);
    await server.close();
    const next = await on.serve(server.port);
    next.push([{ ...good(3, 'after_restart'), received_at: '2027-01-01T00:00:00.000Z' }]);
    await expect.poll(() => live.names(), { timeout: 15_000 }).toEqual(['after_restart']);
    await live.close();
  });

  it('shows what the stream has said before the page had its first frame, though it says no more', async () => {
    const server = await on.serve();
    server.push([good(1, 'page_view'), bad(2)]);
    const context = await on.browser.newContext();
    const page = await context.newPage();
    // A machine so busy that neither frames nor timers come before the whole first message has.
    await page.addInitScript(`(() => {
      const { requestAnimationFrame: frame, setTimeout: timer, EventSource: Source } = window;
      const held = [];
      let heard = false;
      window.requestAnimationFrame = (run) => (heard ? frame(run) : held.push(run));
      window.setTimeout = (run, ms) => (heard ? timer(run, ms) : timer(run, 60_000));
      window.EventSource = class extends Source {
        constructor(url) {
          super(url);
          this.addEventListener('counts', () => timer(() => {
            heard = true;
            frame((now) => held.forEach((run) => run(now)));
          }));
        }
      };
    })()`);
    await page.goto(server.url);
    await page.locator('.row.bad').waitFor({ timeout: 10_000 });
    expect(await page.locator('.row').count()).toBe(2);
    await context.close();
  });

  it('holds the newest 1,000 of 10,000 events and renders few of them', async () => {
    const server = await on.serve();
    const live = await LivePage.open(on.browser, server.url);
    await live.connected();
    await live.page.evaluate(() => {
      const frames: number[] = [];
      (window as unknown as { frames_: number[] }).frames_ = frames;
      let last = performance.now();
      const tick = (now: number) => {
        frames.push(now - last);
        last = now;
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    });
    for (let from = 0; from < 10_000; from += 250) {
      server.push(shopping(250, from));
      await live.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    }
    await expect.poll(() => live.count('received'), { timeout: 30_000 }).toBe(10_000);
    expect(await live.rows.count()).toBeLessThanOrEqual(200);
    expect(await live.rows.first().getAttribute('aria-setsize')).toBe('1000');
    // A page that renders every event, or sorts the list for each, stands still for seconds here.
    const frames = await live.page.evaluate(() => (window as unknown as { frames_: number[] }).frames_);
    frames.sort((a, b) => a - b);
    expect(frames[Math.floor(frames.length * 0.95)]!).toBeLessThan(250);
    await live.close();
  });

  it('is a list and a full-screen sheet on a phone', async () => {
    const server = await on.serve();
    server.push(shopping(30));
    const live = await LivePage.open(on.browser, server.url, { viewport: PHONE, hasTouch: true });
    await live.row('add_to_cart').tap();
    await expect.poll(() => live.detail.boundingBox()).toMatchObject({ x: 0, y: 0, ...PHONE });
    await live.page.getByRole('button', { name: 'Back to events' }).tap();
    await expect.poll(() => live.detail.count()).toBe(0);
    await live.row('add_to_cart').tap();
    await live.detail.waitFor();
    await live.page.goBack();
    await expect.poll(() => live.detail.count()).toBe(0);
    expect(live.page.url()).toBe(`${server.url}/`);
    await live.page.getByRole('button', { name: 'Install the tag' }).tap();
    expect(await live.page.getByRole('dialog').innerText()).toContain(`src="${server.url}/stargate.js"`);
    const wide = await live.page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(PHONE.width);
    await live.close();
  });

  it('speaks the language of the browser, or the one that was chosen', async () => {
    const server = await on.serve();
    server.push([bad(1)]);
    const live = await LivePage.open(on.browser, server.url, { locale: 'pt-BR' });
    await live.row('add_to_cart').click();
    await expect.poll(() => live.pane.innerText()).toContain('não é do tipo que a coluna aceita');
    expect(await live.page.locator('html').getAttribute('lang')).toBe('pt-BR');
    await live.page.getByLabel('Idioma').selectOption('en');
    await expect.poll(() => live.pane.innerText()).toContain('What to do.');
    await live.page.reload();
    await live.page.getByLabel('Language').waitFor();
    await live.close();
  });

  it('is dark where the machine is', async () => {
    const server = await on.serve();
    const brightness = async (colorScheme: 'light' | 'dark') => {
      const live = await LivePage.open(on.browser, server.url, { colorScheme });
      const colour = await live.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await live.close();
      return Number(/\d+/.exec(colour)![0]);
    };
    expect(await brightness('light')).toBeGreaterThan(200);
    expect(await brightness('dark')).toBeLessThan(50);
  });
});
