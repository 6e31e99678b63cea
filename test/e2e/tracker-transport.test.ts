import { expect, it } from 'vitest';
import { describeWith } from '../helpers/needs.js';
import { inline, run, useShops } from '../tracker/shop.js';
import { until } from '../tracker/site.js';

const names = (events: readonly { name: string }[]) => events.map((one) => one.name);
const QUEUE = `Object.keys(localStorage).filter(function(k){return k.indexOf('stargate/k1/')==0}).length`;

describeWith('chromium', 'the tracker and the network', (chromium) => {
  const shop = useShops(chromium);

  it('sends after a second, at ten events, and at once for a purchase', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(tag());
      const pushed = await run<number>(page, `dataLayer.push({event:'slow'}); Date.now()`);
      await event('slow');
      expect((collector.seen[0]?.at ?? 0) - pushed).toBeGreaterThan(900);
      await run(page, `for (var i = 0; i < 10; i++) dataLayer.push({event:'e' + i})`);
      await until(() => collector.seen.length === 2);
      expect(collector.events()).toHaveLength(11);
      const bought = await run<number>(page, `dataLayer.push({event:'purchase'}); Date.now()`);
      await event('purchase');
      expect((collector.seen[2]?.at ?? 0) - bought).toBeLessThan(900);
    }));

  it.each([
    ['503', { status: 503 }],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '2' } }],
    ['429', { status: 429 }],
    ['408', { status: 408 }],
    ['a reset connection', { status: 0 }],
  ])('sends the same event again after %s', (_, answer) =>
    shop(async ({ collector, tag, visit }) => {
      collector.answer = (index) => (index === 0 ? answer : { status: 202 });
      const page = await visit(tag());
      await run(page, `stargate.push('purchase', {a:1})`);
      await until(() => collector.events(true).length > 0);
      const [first, second] = collector.seen;
      expect(collector.seen).toHaveLength(2);
      expect(JSON.parse(second?.body ?? '').events).toEqual(JSON.parse(first?.body ?? '').events);
      const waited = (second?.at ?? 0) - (first?.at ?? 0);
      expect(waited).toBeGreaterThan('headers' in answer ? 1990 : 490);
      await until(async () => (await run(page, QUEUE)) === 0);
    }),
  );

  it.each([400, 401, 403, 413])('does not send again what was answered %i', (status) =>
    shop(async ({ collector, tag, visit, event }) => {
      collector.answer = () => ({ status });
      const page = await visit(tag());
      await run(page, `stargate.push('purchase', {a:1})`);
      await event('purchase');
      await until(async () => (await run(page, QUEUE)) === 0);
      collector.answer = () => ({ status: 202 });
      await run(page, `stargate.push('next'); stargate.flush()`);
      expect(names(collector.events(true))).toEqual(['next']);
    }),
  );

  it('keeps what was not acknowledged, and sends it from the next page with the same id', () =>
    shop(async ({ collector, tag, visit }) => {
      collector.answer = () => ({ status: 503 });
      const page = await visit(tag());
      await run(page, `stargate.push('a'); stargate.push('b'); stargate.flush()`);
      await page.close();
      const before = collector.events().slice(0, 2);
      collector.answer = () => ({ status: 202 });
      const next = await visit(tag(), '/next');
      await until(() => collector.events(true).length >= 2);
      expect(collector.events(true).map((one) => one.id)).toEqual(before.map((one) => one.id));
      const last = JSON.parse(collector.seen.at(-1)?.body ?? '');
      expect(last.ctx.page.location).toMatch(/\/$/);
      await until(async () => (await run(next, QUEUE)) === 0);
    }));

  it('sends what an earlier page left without waiting for a timer: who hurries on must not carry it along', () =>
    shop(async ({ context, collector, tag, visit }) => {
      collector.answer = () => ({ status: 503 });
      const page = await visit(tag());
      await run(page, `stargate.push('a'); stargate.flush()`);
      await page.close();
      collector.answer = () => ({ status: 202 });
      await context.clock.install();
      await context.clock.pauseAt(Date.now() + 60_000);
      await visit(tag(), '/next');
      await until(() => collector.events(true).length === 1);
    }));

  it('waits on the next page too when the collector asked for it', () =>
    shop(async ({ collector, tag, visit }) => {
      collector.answer = (index) =>
        index ? { status: 202 } : { status: 503, headers: { 'retry-after': '3' } };
      const page = await visit(tag());
      await run(page, `stargate.push('a'); stargate.flush()`);
      await page.close();
      await visit(tag(), '/next');
      await until(() => collector.events(true).length > 0);
      expect((collector.seen[1]?.at ?? 0) - (collector.seen[0]?.at ?? 0)).toBeGreaterThan(2900);
    }));

  it('gets a purchase out of a page that closes in the same moment', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(tag());
      await run(page, `stargate.push('small'); stargate.push('purchase', {order:1})`);
      await page.close();
      await event('purchase');
      const next = await visit(
        `${tag()}${inline(`addEventListener('pagehide', function(){ stargate.push('bye') })`)}`,
        '/2',
      );
      await run(next, `dataLayer.push({event:'waiting'})`);
      await next.close({ runBeforeUnload: true });
      await event('waiting');
      await event('bye');
      expect(new Set(names(collector.events()))).toEqual(new Set(['small', 'purchase', 'waiting', 'bye']));
    }));

  it('gets everything out when the visitor goes to another page', () =>
    shop(async ({ collector, site, tag, visit, event }) => {
      site.page('/away', '');
      const page = await visit(tag());
      // Behind this call's own answer, which can get lost on a page that goes away.
      await run(
        page,
        `setTimeout(function(){
          dataLayer.push({event:'one'}); dataLayer.push({event:'two'}); location.href = '/away' }); 1`,
      );
      await event('two');
      expect(new Set(names(collector.events()))).toEqual(new Set(['one', 'two']));
    }));

  it('gives up on a collector that never answers after 30 s, and tries again', () =>
    shop(async ({ context, collector, tag, visit, event }) => {
      collector.answer = (index) => ({ status: index === 0 ? -1 : 202 });
      await context.clock.install();
      const page = await visit(tag());
      await run(page, `stargate.push('purchase'); 1`);
      await event('purchase');
      await page.clock.runFor(29_000);
      expect(collector.seen).toHaveLength(1);
      await until(async () => {
        await page.clock.runFor(1000);
        return collector.events(true).length > 0;
      });
      expect(new Set(collector.events().map((one) => one.id)).size).toBe(1);
    }));

  it('never has more than 60 KiB in unfinished keepalive requests; the rest goes plainly', () =>
    shop(async ({ collector, tag, visit }) => {
      collector.answer = () => ({ status: -1 });
      const page = await visit(
        `${inline(`sent = []; var real = fetch; fetch = function(url, init){
          sent.push([init.keepalive, new TextEncoder().encode(init.body).length]); return real(url, init) }`)}${tag()}`,
      );
      await run(
        page,
        `for (var i = 0; i < 12; i++) stargate.push('e' + i, {a: 'é'.repeat(3900)}); stargate.flush(); 1`,
      );
      await until(() => collector.events().length >= 12);
      const sent = await run<[boolean, number][]>(page, 'sent');
      const carried = sent.filter(([keepalive]) => keepalive).reduce((sum, [, size]) => sum + size, 0);
      expect(carried).toBeGreaterThan(30_000);
      expect(carried).toBeLessThanOrEqual(60 * 1024);
      expect(sent.filter(([keepalive]) => !keepalive).length).toBeGreaterThan(0);
    }));

  it('uses sendBeacon where the browser has no keepalive', () =>
    shop(async ({ collector, site, tag, visit, event }) => {
      site.page('/away', '');
      const page = await visit(`${inline('delete Request.prototype.keepalive')}${tag()}`);
      await run(page, `dataLayer.push({event:'last'}); 1`);
      await page.goto(`${site.origin}/away`);
      await event('last');
      expect(collector.seen[0]?.headers['content-type']).toMatch(/^text\/plain/);
      expect(collector.seen[0]?.headers['sec-fetch-mode']).toBe('no-cors');
      expect(collector.seen.every((one) => one.method === 'POST')).toBe(true);
    }));

  it('carries a burst of far more than the keepalive limit, the newest purchase first', () =>
    shop(async ({ collector, tag, visit }) => {
      const page = await visit(tag());
      await run(
        page,
        `var big = 'x'.repeat(7000);
        addEventListener('visibilitychange', function(e){ e.stopImmediatePropagation() }, true);
        for (var i = 0; i < 4; i++) dataLayer.push({event:'e' + i, big: big});
        for (var j = 0; j < 30; j++) dataLayer.push({event:'f' + j, big: big});
        dataLayer.push({event:'purchase', order:1, big: big}); 1`,
      );
      await until(() => collector.events(true).length >= 35);
      expect(new Set(collector.events().map((one) => one.id)).size).toBe(35);
      expect(collector.events()).toHaveLength(35);
      const request = collector.seen.find((one) => one.body.includes('"purchase"'));
      expect(JSON.parse(request?.body ?? '').events[0].name).toBe('purchase');
      await until(async () => (await run(page, QUEUE)) === 0);
    }));

  it('cuts an event that is too large, and says where', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(tag());
      await run(
        page,
        `stargate.push('big', {text: 'é'.repeat(1e6), list: Array.from({length: 5e4}, function(_, i){return i})})`,
      );
      const sent = await event('big');
      expect(JSON.stringify(sent).length).toBeLessThan(64 * 1024);
      expect(collector.seen[0]?.body.length).toBeLessThan(64 * 1024);
    }));

  it('sends every event once from two tabs that share a queue', () =>
    shop(async ({ collector, tag, visit }) => {
      collector.answer = (index) => ({ status: index < 2 ? 503 : 202 });
      const [a, b] = [await visit(tag(), '/a'), await visit(tag(), '/b')];
      await Promise.all([
        run(a, `for (var i = 0; i < 15; i++) dataLayer.push({event:'a' + i}); 1`),
        run(b, `for (var i = 0; i < 15; i++) dataLayer.push({event:'b' + i}); 1`),
      ]);
      const third = await visit(tag(), '/c');
      await run(third, `dataLayer.push({event:'c'}); 1`);
      await until(() => collector.events(true).length >= 31);
      await until(async () => (await run(third, QUEUE)) === 0);
      const accepted = collector.events(true);
      expect(accepted).toHaveLength(31);
      expect(new Set(accepted.map((one) => one.id)).size).toBe(31);
    }));
});
