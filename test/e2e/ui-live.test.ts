import { expect, it } from 'vitest';
import { bad, good, idOf, inFlight, purchase, shopping } from '../helpers/live-events.js';
import { describeWith } from '../helpers/needs.js';
import { LivePage } from '../helpers/ui-pages.js';
import { stage } from '../helpers/ui-stage.js';

describeWith('chromium', 'the live page', (chromium) => {
  const on = stage(chromium);

  async function start(events = shopping(40)) {
    const server = await on.serve();
    if (events.length) server.push(events);
    const live = await LivePage.open(on.browser, server.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await live.connected();
    return { server, live };
  }

  it('shows events as they come, newest first, and the invariant', async () => {
    const { server, live } = await start([]);
    await expect.poll(() => live.page.getByText('Waiting for the first event').count()).toBe(1);
    server.push([good(1, 'page_view'), bad(2), inFlight(3, 'scroll')]);
    await expect.poll(() => live.names()).toEqual(['scroll', 'add_to_cart', 'page_view']);
    await expect.poll(() => live.count('received')).toBe(3);
    expect(await Promise.all(['good', 'bad', 'in_flight'].map((name) => live.count(name)))).toEqual([
      1, 1, 1,
    ]);
    expect(await live.figure('p50')).toBe('0.18 s');
    await live.close();
  });

  it('shows one row for an event whose state changes', async () => {
    const { server, live } = await start([inFlight(1, 'view_item')]);
    await expect.poll(() => live.row('view_item').innerText()).toContain('in log');
    server.push([good(1, 'view_item')]);
    await expect.poll(() => live.row('view_item').innerText()).toContain('184 ms');
    expect(await live.rows.count()).toBe(1);
    await live.close();
  });

  it('opens the problems of the chosen event when it turns out bad', async () => {
    const { server, live } = await start([inFlight(1, 'add_to_cart')]);
    await live.row('add_to_cart').click();
    server.push([bad(1)]);
    await expect.poll(() => live.pane.innerText()).toContain('field_type');
    await live.close();
  });

  it('filters by state, name and any value, and says when nothing is left', async () => {
    const { live } = await start();
    await live.page.getByRole('button', { name: /^Bad/ }).click();
    await expect.poll(() => live.names().then((names) => new Set(names))).toEqual(new Set(['add_to_cart']));
    await live.page.getByRole('button', { name: 'All', exact: true }).click();
    await live.page.getByLabel('Event name').selectOption('purchase');
    await expect.poll(() => live.rows.count()).toBe(2);
    await live.page.getByLabel('Event name').selectOption('');
    await live.search.fill('tábua ipe-20418');
    await expect.poll(() => live.rows.count()).toBe(2);
    await live.search.fill('no such thing');
    await expect.poll(() => live.rows.count()).toBe(0);
    await live.page.getByRole('button', { name: 'Show all events' }).click();
    await expect.poll(() => live.rows.count()).toBeGreaterThan(20);
    await live.close();
  });

  it('shows the row by group, and empty columns when asked', async () => {
    const { live } = await start([purchase(9)]);
    await live.row('purchase').click();
    await expect.poll(() => live.pane.innerText()).toContain('IPE-20418');
    expect(await live.pane.getByRole('heading').allInnerTexts()).toContain('Commerce');
    expect(await live.pane.getByText('utm_source', { exact: true }).count()).toBe(0);
    expect(await live.pane.locator('table tbody tr').count()).toBe(2);
    expect(await live.pane.locator('mark').allInnerTexts()).toContain('[phone]');
    await live.pane.getByRole('checkbox').check();
    await expect.poll(() => live.pane.getByText('utm_source', { exact: true }).count()).toBe(1);
    await live.close();
  });

  it('marks what was scrubbed, and jumps from one place to the next', async () => {
    const { live } = await start([purchase(9)]);
    await live.row('purchase').click();
    await live.tab(1).click();
    await expect.poll(() => live.pane.locator('.line.hit').count()).toBe(3);
    expect(await live.pane.innerText()).toContain('4 values were removed before the event reached the log');
    await live.pane.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => live.pane.locator('.now').innerText()).toContain('[email]');
    await live.pane.getByRole('button', { name: 'Previous' }).click();
    await expect.poll(() => live.pane.locator('.now').innerText()).toContain('[phone]');
    await live.close();
  });

  it('explains a bad event, with the place marked, and the notes of a good one', async () => {
    const { live } = await start([purchase(9), bad(11)]);
    await live.row('add_to_cart').click();
    await expect.poll(() => live.pane.innerText()).toContain('field_type');
    expect(await live.pane.innerText()).toContain('number, milliseconds since 1970');
    expect(await live.pane.locator('.line.bad').innerText()).toContain('"ts": "2026-11-23T14:31');
    expect(await live.pane.innerText()).toContain('Date.now()');
    await live.row('purchase').click();
    await live.tab(2).click();
    await expect.poll(() => live.pane.innerText()).toContain('number in text, read as 19.90');
    expect(await live.pane.innerText()).toContain('/ecommerce/shipping');
    await live.close();
  });

  it('pauses: the list stands still and the button counts', async () => {
    const { server, live } = await start(shopping(5));
    await expect.poll(() => live.rows.count()).toBe(5);
    await live.page.keyboard.press('p');
    await expect.poll(() => live.pause.innerText()).toContain('Resume');
    server.push(shopping(4, 5));
    await expect.poll(() => live.pause.getAttribute('aria-label')).toBe('Resume, 4 new');
    expect(await live.rows.count()).toBe(5);
    expect(await live.count('received')).toBe(9);
    await live.pause.click();
    await expect.poll(() => live.rows.count()).toBe(9);
    await live.close();
  });

  it('stops following when the reader scrolls, and keeps the row in view', async () => {
    const { server, live } = await start(shopping(100));
    await live.list.hover();
    await live.page.mouse.wheel(0, 700);
    const follow = live.page.getByLabel('Follow newest');
    await expect.poll(() => follow.isChecked()).toBe(false);
    const anchor = live.rows.nth(20);
    const [id, before] = [await anchor.getAttribute('id'), await anchor.boundingBox()];
    const same = live.page.locator(`[id="${id}"]`);
    server.push(shopping(25, 100));
    await live.page.getByRole('button', { name: '25 new events' }).waitFor();
    expect(Math.abs((await same.boundingBox())!.y - before!.y)).toBeLessThan(2);
    await live.page.getByRole('button', { name: '25 new events' }).click();
    await expect.poll(() => follow.isChecked()).toBe(true);
    await expect.poll(() => live.page.locator(`[id="event-0:124"]`).isVisible()).toBe(true);
    await live.close();
  });

  it('clears after asking', async () => {
    const { server, live } = await start();
    await live.page.getByRole('button', { name: 'Clear' }).click();
    await live.page.getByRole('button', { name: 'Cancel' }).click();
    expect(server.resets).toBe(0);
    await live.page.getByRole('button', { name: 'Clear' }).click();
    await live.page.getByRole('button', { name: 'Delete all rows' }).click();
    await live.page.getByText('Waiting for the first event').waitFor();
    expect(server.resets).toBe(1);
    expect(await live.count('received')).toBe(0);
    await live.close();
  });

  it('copies the event, a curl that works, and SQL that finds it', async () => {
    const { live } = await start([
      good(7, "it's", '/demo/', { data_layer: { event: "it's", note: '$(id) "x"' } }),
    ]);
    await live.row("it's").click();
    expect(JSON.parse(await live.copied('Event JSON'))).toMatchObject({
      event_id: idOf(7),
      data_layer: { note: '$(id) "x"' },
    });
    const curl = await live.copied('curl');
    expect(curl).toContain("-H 'content-type: application/json'");
    expect(curl).toContain('"name":"it\'\\\'\'s"');
    expect(await live.copied('SQL')).toBe(
      `SELECT *\nFROM events\nWHERE received_at >= TIMESTAMP '2026-11-23'\n  AND event_id = '${idOf(7)}'`,
    );
    await live.close();
  });

  it('answers to the keyboard', async () => {
    const { live } = await start();
    await live.list.focus();
    const at = async () => Number(await live.chosen.getAttribute('aria-posinset'));
    await expect.poll(at).toBe(1);
    await live.page.keyboard.press('j');
    await live.page.keyboard.press('ArrowDown');
    await expect.poll(at).toBe(3);
    expect(await live.list.getAttribute('aria-activedescendant')).toBe(await live.chosen.getAttribute('id'));
    await live.page.keyboard.press('k');
    await expect.poll(at).toBe(2);
    await live.page.keyboard.press('2');
    await expect.poll(() => live.tab(1).getAttribute('aria-selected')).toBe('true');
    await live.tab(1).focus();
    await live.page.keyboard.press('ArrowRight');
    await expect.poll(() => live.tab(2).getAttribute('aria-selected')).toBe('true');
    expect(await live.tab(2).evaluate((tab) => tab === document.activeElement)).toBe(true);
    await live.page.keyboard.press('/');
    await live.page.keyboard.type('purchase');
    await expect.poll(() => live.rows.count()).toBe(2);
    await live.page.keyboard.press('Escape');
    await expect.poll(() => live.rows.count()).toBeGreaterThan(20);
    await live.close();
  });

  it('moves the choice through a long list and keeps it in view', async () => {
    const { live } = await start(shopping(200));
    await live.list.focus();
    for (let step = 0; step < 60; step++) await live.page.keyboard.press('j');
    await expect.poll(() => live.chosen.getAttribute('aria-posinset')).toBe('61');
    const [row, list] = [await live.chosen.boundingBox(), await live.list.boundingBox()];
    expect(row!.y).toBeGreaterThanOrEqual(list!.y - 1);
    expect(row!.y + row!.height).toBeLessThanOrEqual(list!.y + list!.height + 1);
    await live.close();
  });
});
