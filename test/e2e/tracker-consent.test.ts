import { expect, it } from 'vitest';
import { describeWith } from '../helpers/needs.js';
import { GTAG, inline, run, useShops } from '../tracker/shop.js';
import { until } from '../tracker/site.js';

const consent = (action: string, state: string, more = '') =>
  `gtag('consent','${action}',{analytics_storage:'${state}',ad_storage:'denied'${more}});`;
const stored = 'Object.keys(localStorage).length + document.cookie.length';

describeWith('chromium', 'the tracker and consent', (chromium) => {
  const shop = useShops(chromium);

  it('sends and stores nothing while denied, drops what happened then, and starts with the grant', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(GTAG + inline(consent('default', 'denied')) + tag());
      await run(page, `dataLayer.push({event:'denied'}); stargate.flush()`);
      expect(await run(page, stored)).toBe(0);
      await run(page, `${consent('update', 'granted')} dataLayer.push({event:'granted'})`);
      const sent = await event('granted');
      expect(collector.events().map((one) => one.name)).toEqual(['granted']);
      expect(JSON.parse(collector.seen[0]?.body ?? '').ctx).toMatchObject({
        consent: { analytics_storage: 'granted', ad_storage: 'denied', ad_user_data: 'unset' },
        ids: { client_id_source: 'stargate', session_number: 1 },
        mode: 'full',
      });
      expect(sent.consent).toBeUndefined();
    }));

  it('obeys a denial that was pushed behind the events, before the script came', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(
        GTAG + inline(`dataLayer.push({event:'purchase'}); ${consent('update', 'denied')}`) + tag(),
      );
      await run(page, `${consent('update', 'granted')} dataLayer.push({event:'later'})`);
      await event('later');
      expect(collector.events().map((one) => one.name)).toEqual(['later']);
    }));

  it('waits for the update as long as wait_for_update says: granted sends, silence drops', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const wait = (ms: number) =>
        GTAG + inline(consent('default', 'denied', `,wait_for_update:${ms}`)) + tag();
      const late = await visit(wait(50), '/late');
      await run(late, `dataLayer.push({event:'lost'}); new Promise(function(r){setTimeout(r,150)})`);
      await run(late, `${consent('update', 'granted')} dataLayer.push({event:'kept'})`);
      await event('kept');
      const page = await visit(wait(60_000), '/wait');
      await run(page, `dataLayer.push({event:'held'}); stargate.flush()`);
      expect(
        await run(
          page,
          `Object.keys(localStorage).filter(function(k){return /held/.test(localStorage[k])}).length`,
        ),
      ).toBe(0);
      await run(page, consent('update', 'granted'));
      await event('held');
      expect(collector.events().map((one) => one.name)).toEqual(['kept', 'held']);
    }));

  it('holds events in strict mode until consent is given, and stamps them with it', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(tag('data-consent="strict"'));
      await run(page, `dataLayer.push({event:'held'}); stargate.flush()`);
      expect(await run(page, stored)).toBe(0);
      expect(collector.seen).toHaveLength(0);
      await run(page, `stargate.consent({analytics_storage:'granted'})`);
      await event('held');
      expect(JSON.parse(collector.seen[0]?.body ?? '').ctx.consent.analytics_storage).toBe('granted');
    }));

  it('clears the queue and its own id when consent is withdrawn', () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(GTAG + tag());
      collector.answer = () => ({ status: 503 });
      await run(page, `dataLayer.push({event:'one'}); stargate.flush()`);
      expect(await run(page, stored)).toBeGreaterThan(0);
      await run(page, `localStorage['stargate-theme'] = 'dark'; ${consent('update', 'denied')}`);
      expect(await run(page, 'Object.keys(localStorage).join()')).toBe('stargate-theme');
      collector.answer = () => ({ status: 202 });
      const next = await visit(tag(), '/next');
      await run(next, `dataLayer.push({event:'two'})`);
      await event('two');
      expect(collector.events(true).map((one) => one.name)).toEqual(['two']);
    }));

  it('measures a denial without ids and storage where the site chose so', () =>
    shop(async ({ context, site, collector, tag, visit, event }) => {
      await context.addCookies([{ name: '_ga', value: 'GA1.1.123.456', url: site.origin }]);
      const page = await visit(GTAG + inline(consent('default', 'denied')) + tag('data-anonymous'));
      collector.answer = () => ({ status: 503, headers: { 'retry-after': '5' } });
      await run(page, `stargate.identify('u1'); dataLayer.push({event:'quiet'}); stargate.flush()`);
      await event('quiet');
      const { ctx } = JSON.parse(collector.seen[0]?.body ?? '');
      expect(ctx).toMatchObject({ mode: 'anonymous', consent: { analytics_storage: 'denied' } });
      expect(ctx.ids).toBeUndefined();
      expect(collector.seen[0]?.body).not.toMatch(/123\.456|"u1"/);
      expect(await run(page, 'Object.keys(localStorage).length')).toBe(0);
    }));

  it('obeys Global Privacy Control only where it is told to', () =>
    shop(async ({ context, collector, tag, visit, event }) => {
      await context.addInitScript(`Object.defineProperty(navigator, 'globalPrivacyControl', {value:true})`);
      const off = await visit(GTAG + tag('data-gpc'), '/gpc');
      await run(off, `${consent('update', 'granted')} dataLayer.push({event:'no'}); stargate.flush()`);
      const on = await visit(tag(), '/plain');
      await run(on, `dataLayer.push({event:'yes'})`);
      await event('yes');
      expect(collector.events().map((one) => one.name)).toEqual(['yes']);
    }));

  it("gives one visitor one id: GA's, also when its cookie comes after the first event", () =>
    shop(async ({ collector, tag, visit, event }) => {
      const page = await visit(GTAG + tag());
      await run(page, `dataLayer.push({event:'first'}); document.cookie = '_ga=GA1.2.77.88'`);
      await event('first');
      expect(JSON.parse(collector.seen[0]?.body ?? '').ctx.ids).toMatchObject({
        client_id: '77.88',
        client_id_source: 'ga',
      });
    }));

  it('keeps its own id and session over pages, and forgets them on reset', () =>
    shop(async ({ collector, tag, visit }) => {
      const idsOf = async (path: string, code: string) => {
        const page = await visit(tag(), path);
        await run(page, `${code}; stargate.push('e'); stargate.flush()`);
        await page.close();
        return JSON.parse(collector.seen.at(-1)?.body ?? '').ctx.ids;
      };
      const first = await idsOf('/1', `stargate.identify('u1')`);
      const second = await idsOf('/2', '');
      const third = await idsOf('/3', 'stargate.reset()');
      expect(first).toMatchObject({ user_id: 'u1', session_number: 1 });
      expect(second).toMatchObject({
        client_id: first.client_id,
        session_id: first.session_id,
        session_number: 1,
      });
      expect(second.user_id).toBeUndefined();
      expect(third.client_id).not.toBe(first.client_id);
      await until(() => collector.seen.length === 3);
    }));
});
