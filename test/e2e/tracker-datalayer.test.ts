import { expect, it } from 'vitest';
import { describeWith } from '../helpers/needs.js';
import { GTAG, inline, run, useShops } from '../tracker/shop.js';
import { until } from '../tracker/site.js';

const ids = (events: readonly { id: string }[]) => events.map((one) => one.id);

describeWith('chromium', 'the tracker and the dataLayer', (chromium) => {
  const shop = useShops(chromium);

  it('sends one envelope as the contract has it: no preflight, no cookie, text/plain', () =>
    shop(async ({ context, collector, site, tag, visit, event }) => {
      await context.addCookies([
        { name: '_ga', value: 'GA1.1.123.456', url: site.origin },
        { name: '_ga_ABC', value: 'GS2.1.s1700000000$o7$g1$t1700000100$j1$l0$h0', url: site.origin },
        { name: 'secret', value: 'x', url: collector.origin },
      ]);
      const page = await visit(tag('async'), '/produto?cor=a%C3%A7o');
      await run(
        page,
        `dataLayer.push({event:'view_item',ecommerce:{value:10.5}}); dataLayer.push({userType:'x'})`,
      );
      const sent = await event('view_item');
      const [request] = collector.seen;
      expect(collector.seen).toHaveLength(1);
      expect(request?.method).toBe('POST');
      expect(request?.path).toBe('/v1/events');
      expect(request?.headers['content-type']).toMatch(/^text\/plain/);
      expect(request?.headers.cookie).toBeUndefined();
      expect(request?.headers.origin).toBe(site.origin);
      const envelope = JSON.parse(request?.body ?? '');
      expect(envelope).toMatchObject({
        v: 1,
        k: 'k1',
        ctx: {
          page: { location: `${site.origin}/produto?cor=a%C3%A7o`, title: 'Loja', referrer: '' },
          ids: { client_id: '123.456', client_id_source: 'ga', session_id: 1700000000, session_number: 7 },
          consent: { analytics_storage: 'unset' },
          mode: 'full',
          gtm: { mode: 'push' },
          tracker: '1.0.0',
          webdriver: true,
        },
      });
      expect(envelope.ctx.device.time_zone).toBeTruthy();
      expect(envelope.sent_at - Date.now()).toBeLessThan(1000);
      expect(envelope.events).toHaveLength(1);
      expect(sent.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(sent.data_layer).toEqual({ event: 'view_item', ecommerce: { value: 10.5 } });
    }));

  it('reads what was pushed before it came, and every form of push after', () =>
    shop(async ({ collector, tag, visit, event, errors }) => {
      const page = await visit(
        `${GTAG}${inline(`
          dataLayer.push({event:'before', a:1}, {event:'second'});
          gtag('js', new Date()); gtag('config', 'G-1'); gtag('set', {currency:'BRL'});
          gtag('event', 'sign_up', {method:'e'});
          dataLayer.push(['a.push', 4]); dataLayer.push(function(){ window.ran = true });
          dataLayer.push({getUntrustedMessageValue: function(){ return {event:'wrapped', b:2} }});
          dataLayer.push(null, undefined, 5, 'text');`)}${tag()}`,
      );
      await run(
        page,
        `dataLayer.push({event:'after', node: document.body, when: new Date(0)}); gtag('event', 'last')`,
      );
      await event('last');
      expect(collector.events().map((one) => one.name)).toEqual([
        'before',
        'second',
        'sign_up',
        'wrapped',
        'after',
        'last',
      ]);
      expect(collector.events()[2]?.data_layer).toEqual({ event: 'sign_up', method: 'e' });
      expect(collector.events()[3]?.data_layer).toEqual({ event: 'wrapped', b: 2 });
      expect(await run(page, 'window.ran')).toBeUndefined();
      expect(errors).toEqual([]);
    }));

  it("leaves the page's and GTM's own hooks working, whichever came first", () =>
    shop(async ({ collector, tag, visit, event }) => {
      const hook = (name: string) => `(function(){ var old = dataLayer.push; window.${name} = 0;
        dataLayer.push = function(){ window.${name}++; return old.apply(dataLayer, arguments) } })()`;
      const page = await visit(`${GTAG}${inline(hook('first'))}${tag()}${inline(hook('second'))}`);
      expect(await run(page, `dataLayer.push({event:'one'})`)).toBe(1);
      expect(await run(page, `dataLayer.push({event:'two'})`)).toBe(2);
      await event('two');
      expect(await run(page, '[first, second, dataLayer.length]')).toEqual([2, 2, 2]);
      expect(collector.events().map((one) => one.name)).toEqual(['one', 'two']);
    }));

  it('finds what was pushed past the hook: a replaced array, a replaced push', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(tag());
      await run(
        page,
        `dataLayer.push({event:'one'}); dataLayer.push = Array.prototype.push; dataLayer.push({event:'two'})`,
      );
      await run(page, `window.dispatchEvent(new Event('load')); dataLayer = [{event:'three'}]`);
      await run(page, `window.dispatchEvent(new Event('load')); dataLayer.push({event:'four'})`);
      await event('four');
      expect(collector.events().map((one) => one.name)).toEqual(['one', 'two', 'three', 'four']);
    }));

  it('takes the location of the moment of the push in a single-page application', () =>
    shop(async ({ collector, site, tag, visit, event }) => {
      const page = await visit(tag());
      await run(
        page,
        `dataLayer.push({event:'home'}); history.pushState({}, '', '/cafe'); document.title = 'Café';
        dataLayer.push({event:'cafe'})`,
      );
      await event('home');
      await event('cafe');
      const pageOf = (name: string) => {
        const request = collector.seen.find((one) => one.body.includes(`"name":"${name}"`));
        return JSON.parse(request?.body ?? '').ctx.page;
      };
      expect(pageOf('home').location).toBe(`${site.origin}/`);
      expect(pageOf('cafe')).toEqual({ location: `${site.origin}/cafe`, title: 'Café', referrer: '' });
    }));

  it('is one instance when it is loaded twice', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(`${tag()}${tag()}`);
      await run(page, `dataLayer.push({event:'a'}); stargate.push('b', {c:1})`);
      await event('b');
      expect(collector.events().map((one) => one.name)).toEqual(['a', 'b']);
      expect(new Set(ids(collector.events())).size).toBe(2);
    }));

  it('starts async, deferred, by an injected tag without attributes, and with calls made before it came', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const early = inline(
        `(window.stargate = window.stargate || []).push('early', {a:1}); stargate.push('bare')`,
      );
      await visit(early + tag('async'), '/a');
      expect((await event('early')).data_layer).toEqual({ event: 'early', a: 1 });
      await event('bare');
      const deferred = await visit(tag('defer'), '/b');
      await run(deferred, `dataLayer.push({event:'deferred'})`);
      await event('deferred');
      await visit(
        inline(`stargateConfig = {key:'k2', container:'GTM-X', containerVersion:'9'}; dataLayer = [{event:'injected'}];
          var s = document.createElement('script'); s.src = '${collector.origin}/stargate.js'; document.head.append(s)`),
        '/c',
      );
      await event('injected');
      const request = collector.seen.find((one) => one.body.includes('injected'));
      expect(JSON.parse(request?.body ?? '')).toMatchObject({
        k: 'k2',
        ctx: { gtm: { container_id: 'GTM-X', container_version: '9', mode: 'push' } },
      });
    }));

  it('sends the merged model, selected keys, or the ten fields', () =>
    shop(async ({ tag, visit, event }) => {
      const pushes = inline(`dataLayer = [{user:{type:'vip', age:3}, eventCategory:'home'}]`);
      const model = await visit(pushes + tag('data-mode="model"'), '/m');
      await run(model, `dataLayer.push({event:'m', user:{age:4}})`);
      expect((await event('m')).data_layer).toEqual({
        user: { type: 'vip', age: 4 },
        eventCategory: 'home',
        event: 'm',
      });
      const selected = await visit(pushes + tag('data-mode="selected" data-keys="user.type, none"'), '/s');
      await run(selected, `dataLayer.push({event:'s', other:1})`);
      expect((await event('s')).data_layer).toEqual({ event: 's', 'user.type': 'vip' });
      const mapping = await visit(pushes + tag('data-mode="mapping"'), '/t');
      await run(mapping, `dataLayer.push({event:'t', eventAction:'clique', eventLabel:''})`);
      const sent = await event('t');
      expect(sent.legacy).toEqual({ eventCategory: 'home', eventAction: 'clique', eventLabel: '' });
      expect(sent.data_layer).toBeUndefined();
    }));

  it('tells observers what was sent', () =>
    shop(async ({ tag, visit, event }) => {
      const page = await visit(
        `${inline(`seen = []; addEventListener('stargate:sent', function(e){ seen.push(e.detail) })`)}${tag()}`,
      );
      await run(page, `stargate.identify('u1'); stargate.push('hello', {a:1})`);
      const sent = await event('hello');
      const [detail] = await until(async () => {
        const seen = await run<{ status: number; events: unknown[] }[]>(page, 'seen');
        return seen.length > 0 && seen;
      });
      expect(detail).toMatchObject({ status: 202, events: [{ id: sent.id, name: 'hello' }] });
    }));
});
