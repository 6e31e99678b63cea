import { expect, it } from 'vitest';
import { describeWith } from '../helpers/needs.js';
import { inline, run, useShops } from '../tracker/shop.js';
import { until } from '../tracker/site.js';

describeWith('chromium', 'the tracker on pages that make it hard', (chromium) => {
  const shop = useShops(chromium, { without: ['--disable-back-forward-cache'] });

  it.each([
    [
      'storage that throws',
      `Object.defineProperty(window,'localStorage',{get:function(){throw new Error('no')}})`,
    ],
    ['storage that is null', `Object.defineProperty(window,'localStorage',{value:null})`],
    [
      'full storage',
      `Storage.prototype.setItem = function(){ throw new DOMException('full','QuotaExceededError') }`,
    ],
    ['no Web Locks', `Object.defineProperty(navigator,'locks',{value:undefined})`],
    [
      'refused Web Locks',
      `LockManager.prototype.request = function(){ return Promise.reject(new Error('no')) }`,
    ],
    ['no crypto', `Object.defineProperty(window,'crypto',{value:undefined})`],
    ['no AbortController', 'delete window.AbortController'],
    ['a frozen Object.prototype', 'Object.freeze(Object.prototype); Object.freeze(Array.prototype)'],
    ['a replaced Array.prototype.push', 'Array.prototype.push = function(){ throw new Error("mine") }'],
    [
      'additions to Object.prototype',
      'Object.prototype.extra = function(){}; Array.prototype.last = function(){}',
    ],
    ['an element with our name', 'document.write("<a id=stargate></a>")'],
    ['dead cookies', `Object.defineProperty(document,'cookie',{get:function(){throw new Error('no')}})`],
  ])('works with %s', (_, code) =>
    shop(async ({ collector, tag, visit, event, errors }) => {
      const page = await visit(inline(`dataLayer = [{event:'before'}]; ${code}`) + tag());
      await run(
        page,
        `dataLayer[dataLayer.length] = {event:'x'}; stargate.push('after', {a:[1]}); dispatchEvent(new Event('load'))`,
      );
      await event('after');
      await until(() => collector.events().some((one) => one.name === 'x'));
      expect(
        collector
          .events()
          .map((one) => one.name)
          .sort(),
      ).toEqual(['after', 'before', 'x']);
      expect(errors).toEqual([]);
    }),
  );

  it('never throws into the page, and leaves its exceptions to it', () =>
    shop(async ({ tag, visit, event, errors }) => {
      const page = await visit(
        `${inline(`dataLayer = []; dataLayer.push = function(){ throw new Error('theirs') }`)}${tag()}
        ${inline(`addEventListener('stargate:sent', function(){ throw new Error('observer') })`)}`,
      );
      const caught = await run(
        page,
        `(function(){ try { dataLayer.push({event:'a'}) } catch (e) { return e.message } })()`,
      );
      expect(caught).toBe('theirs');
      const results = await run(
        page,
        `(function(){ var bad = new Proxy({}, { get: function(){ throw 1 }, ownKeys: function(){ throw 2 } });
          var cycle = {event:'cycle'}; cycle.self = cycle;
          stargate.push(); stargate.push(null, bad); stargate.push({}, 5); stargate.push(Symbol());
          stargate.consent(bad); stargate.consent(); stargate.identify(bad); stargate.identify(Symbol());
          stargate.push('cycle', cycle); stargate.push('node', {el: document.body, w: window, f: fetch});
          stargate.push('getter', { get boom(){ throw new Error('boom') }, fine: 1 });
          stargate.push('end'); return 'ok' })()`,
      );
      expect(results).toBe('ok');
      await event('end');
      expect((await event('cycle')).data_layer).toEqual({ event: 'cycle', self: '[Circular]' });
      expect((await event('getter')).data_layer).toMatchObject({ boom: '[Error]', fine: 1 });
      await until(() => errors.some((one) => one.message === 'observer'));
      expect(errors.filter((one) => one.message !== 'observer')).toEqual([]);
    }));

  it('goes on when a script of the page breaks, and when fetch is not what it was', () =>
    shop(async ({ collector, tag, visit, event, errors }) => {
      const page = await visit(
        tag() +
          inline(`window.real = fetch; fetch = function(){ throw new Error('no fetch') }`) +
          inline('nothing.here()'),
      );
      await run(page, `stargate.push('purchase'); fetch = real; 1`);
      await event('purchase');
      expect(collector.events()).toHaveLength(1);
      expect(errors.map((one) => one.message)).toEqual(['nothing is not defined']);
    }));

  it('drops what somebody else wrote into its queue, and sends the rest', () =>
    shop(async ({ collector, tag, visit, event }) => {
      collector.answer = () => ({ status: 503 });
      const page = await visit(tag());
      await run(page, `stargate.push('good'); stargate.flush()`);
      await run(
        page,
        `(function(){ var good = Object.keys(localStorage).find(function(k){return k.indexOf('stargate/k1/')==0});
          var value = localStorage[good], now = good.split('/')[3];
          var old = '000000000000'.replace(/(.{8})(.{4})/, '$1-$2') + now.slice(13);
          localStorage['stargate/k1/x/' + now.slice(0, 35) + '0'] = 'not ours';
          localStorage['stargate/k1/x/' + now.slice(0, 35) + '1'] = value;
          localStorage['stargate/k1/x/' + now.slice(0, 35) + '2'] = '1\\n{}\\n{}\\n{}\\n{"id":5}';
          localStorage['stargate/k1/y/' + old] = value;
         
          localStorage['stargate/visitor'] = '<script>'; localStorage['stargate/pause'] = 'never' })()`,
      );
      await page.close();
      collector.answer = () => ({ status: 202 });
      const next = await visit(tag(), '/next');
      await until(() => collector.events(true).some((one) => one.name === 'good'));
      await run(next, `stargate.push('more')`);
      await event('more');
      // What the first page sent while it closed may arrive when 202 is answered again; then the next page sends it once
      // more, under the same id.
      const byId = new Map(collector.events(true).map((one) => [one.id, one.name]));
      expect([...byId.values()]).toEqual(['good', 'more']);
      await until(
        async () =>
          (await run(next, `Object.keys(localStorage).join()`)) === 'stargate/visitor,stargate/pause',
      );
    }));

  it('runs under a content security policy that names only the collector', () =>
    shop(async ({ collector, tag, visit, event, errors }) => {
      const policy = `default-src 'none'; script-src ${collector.origin}; connect-src ${collector.origin}`;
      const page = await visit(tag(), '/', { 'content-security-policy': policy });
      const broken: string[] = [];
      page.on('console', (message) => message.type() === 'error' && broken.push(message.text()));
      await run(page, `dataLayer.push({event:'strict'})`);
      await event('strict');
      expect([...broken, ...errors].filter((one) => !String(one).includes('favicon'))).toEqual([]);
    }));

  it('leaves the page to the back/forward cache, and goes on when it comes back', () =>
    shop(async ({ collector, site, tag, visit, event }) => {
      site.page('/away', '');
      const page = await visit(
        tag() +
          inline(`addEventListener('pageshow', function(e){ stargate.push(e.persisted ? 'back' : 'new') })`),
      );
      await event('new');
      await page.goto(`${site.origin}/away`);
      await page.goBack({ waitUntil: 'commit' });
      await event('back');
      expect(collector.events().map((one) => one.name)).toEqual(['new', 'back']);
    }));

  it('hands its queue to the next page although it may come back', () =>
    shop(async ({ collector, site, tag, visit, event }) => {
      collector.answer = () => ({ status: 503 });
      const page = await visit(tag());
      await run(page, `stargate.push('left'); stargate.flush()`);
      collector.answer = () => ({ status: 202 });
      await page.goto(site.page('/next', tag()));
      await until(() => collector.events(true).some((one) => one.name === 'left'));
      await page.goBack({ waitUntil: 'commit' });
      await page.goto(site.page('/third', tag() + inline(`stargate.push('third')`)));
      await event('third');
      const ids = collector.events(true).map((one) => one.id);
      expect(new Set(ids).size).toBe(2);
    }));

  it('keeps at most 200 events and 256 KiB, the newest of them', () =>
    shop(async ({ collector, tag, visit }) => {
      collector.answer = () => ({ status: 503 });
      const page = await visit(tag());
      await run(page, `for (var i = 0; i < 230; i++) stargate.push('e' + i); 1`);
      const kept = `Object.keys(localStorage).filter(function(k){return k.indexOf('stargate/k1/')==0}).map(function(k){return localStorage[k]})`;
      const small = await run<string[]>(page, kept);
      expect(small).toHaveLength(200);
      expect(small.some((one) => one.includes('"e229"'))).toBe(true);
      expect(small.some((one) => one.includes('"e29"'))).toBe(false);
      await run(page, `for (var i = 0; i < 60; i++) stargate.push('big' + i, {x: 'x'.repeat(8000)}); 1`);
      const big = await run<string[]>(page, kept);
      expect(big.join('').length).toBeLessThanOrEqual(256 * 1024);
      expect(big.some((one) => one.includes('"big59"'))).toBe(true);
    }));
});
