import { describe, expect, it } from 'vitest';
import { rejectedOf, rowOf, store } from './support.js';

const GRANTED = { analytics_storage: 'granted', ad_storage: 'granted' };
const one = (event: object, more: object = {}) => ({
  ...more,
  events: [{ id: 'e', name: 'n', ts: 1795444324500, ...event }],
});

describe('rules about one event', () => {
  it.each([
    ['a text', 'x', 'event_not_object', ''],
    ['null', null, 'event_not_object', ''],
    ['a list', [1], 'event_not_object', ''],
    ['a time as text', { ts: '2026-11-23' }, 'field_type', '/ts'],
    ['an id that is a number', { id: 5 }, 'field_type', '/id'],
    ['a name that is an object', { name: {} }, 'field_type', '/name'],
    ['64 KiB and a byte', { pad: 'x'.repeat(65_536 - 9) }, 'event_too_large', ''],
    ['33 levels', { d: JSON.parse(`${'['.repeat(32)}${']'.repeat(32)}`) }, 'event_too_deep', ''],
  ])('reject %s', (_name, event, reason, pointer) => {
    const { prepared, records } = store({ events: [{ name: 'good' }, event] });
    expect(prepared.map(({ status }) => status)).toEqual(['accepted', 'rejected']);
    expect(prepared[1]).toMatchObject({ reason, pointer: `/events/1${pointer}` });
    expect(records[1]).toMatchObject({
      kind: 'rejected',
      record: { rejected: { reason, pointer }, source_id: 'loja' },
    });
  });

  it('accept what stands at a limit, and null for absent', () => {
    const { prepared } = store({
      events: [
        { pad: 'x'.repeat(65_536 - 10) },
        { d: JSON.parse(`${'['.repeat(31)}${']'.repeat(31)}`) },
        { id: null, name: null, ts: null },
      ],
    });
    expect(prepared.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('keep of a rejected event its scrubbed text', () => {
    const { raw } = rejectedOf(
      one({ ts: 'x', data_layer: { email: 'ana@exemplo.com.br', note: 'ana@exemplo.com.br' } }),
    );
    expect(JSON.parse(raw)).toMatchObject({ ts: 'x', data_layer: { email: '[email]', note: '[email]' } });
    expect(
      Buffer.byteLength(rejectedOf(one({ data_layer: { a: Array(40).fill('é"'.repeat(1000)) } })).raw),
    ).toBeLessThanOrEqual(65_536);
  });
});

describe('ids, names and times', () => {
  it('are made where they are absent, with a note', () => {
    const row = rowOf({ events: [{}] });
    expect(row.event_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(row).toMatchObject({ event_name: 'unnamed', event_timestamp: row.received_at });
    expect(row.issues).toEqual([
      '/id: absent, made by the collector',
      '/ts: absent, the time of arrival was taken',
    ]);
  });

  it.each([
    [{ name: 'a', data_layer: { event: 'b' } }, 'a'],
    [{ name: '', data_layer: { event: 'b' } }, 'b'],
    [{ name: null, data_layer: { event: 5 }, legacy: { hitType: 'c' } }, 'c'],
    [{ name: null }, 'unnamed'],
    [{ name: 'x'.repeat(300) }, 'x'.repeat(256)],
  ])('a name falls back: %j', (event, name) => {
    expect(rowOf(one(event)).event_name).toBe(name);
  });

  it('keep the digits of an id and no e-mail address', () => {
    expect(rowOf(one({ id: '529.982.247-25' })).event_id).toBe('529.982.247-25');
    expect(rowOf(one({ id: 'ana@exemplo.com.br' })).event_id).toBe('[email]');
  });

  it('is cut deterministically where it is too long', () => {
    const ids = [1, 2].map(() => rowOf(one({ id: 'é'.repeat(500) })).event_id);
    expect(ids).toEqual(['é'.repeat(128), 'é'.repeat(128)]);
  });

  it('date an event in the zone of the site', () => {
    const late = { facts: { receivedAt: Date.parse('2026-11-24T02:30:00.000Z') } };
    expect(rowOf({ events: [{}] }, late).event_date).toBe('2026-11-23');
    expect(rowOf({ events: [{}] }, { ...late, policy: { timeZone: 'UTC' } }).event_date).toBe('2026-11-24');
  });

  it('of a server are trusted, old ones too', () => {
    const old = one({ ts: Date.parse('2024-01-01T00:00:00Z') }, { sent_at: 5 });
    expect(rowOf(old, { policy: { kind: 'server' } })).toMatchObject({
      event_timestamp: '2024-01-01T00:00:00.000Z',
      event_date: '2023-12-31',
    });
    expect(rowOf(old).event_timestamp).not.toBe('2024-01-01T00:00:00.000Z');
  });

  it('that are no time leave a note and never refuse', () => {
    expect(rowOf(one({ ts: -5 }))).toMatchObject({
      event_timestamp: '2026-11-23T14:32:04.655Z',
      issues: ['/ts: not a time in ms since 1970, left out'],
    });
  });
});

describe('consent', () => {
  const DENIED = { analytics_storage: 'denied' };

  it('denied: nothing is kept of the event but that it was rejected', () => {
    const { prepared } = store({
      ctx: { consent: DENIED },
      events: [{ id: 'e', name: 'n', ts: 'wrong' }, 'x'],
    });
    for (const event of prepared) {
      expect(event).toMatchObject({ status: 'rejected', id: null, reason: 'consent_denied' });
      expect(JSON.parse(event.value.toString())).toEqual({
        schema_version: 1,
        received_at: '2026-11-23T14:32:04.655Z',
        source_id: 'loja',
        rejected: { reason: 'consent_denied', pointer: '' },
        raw: '',
      });
    }
  });

  it('unset is granted in gtm and denied in strict, by every door', () => {
    expect(rowOf(one({})).consent?.analytics_storage).toBe('unset');
    expect(rejectedOf(one({}), { policy: { consent: 'strict' } }).rejected.reason).toBe('consent_denied');
    const server = { policy: { consent: 'strict', kind: 'server' } as const };
    expect(rejectedOf(one({}), server).rejected.reason).toBe('consent_denied');
  });

  it('of an event goes before that of its context, type by type', () => {
    const { prepared } = store({
      ctx: { consent: GRANTED },
      events: [
        { name: 'a', consent: DENIED },
        { name: 'b', consent: { ad_storage: 'denied' } },
      ],
    });
    expect(prepared.map(({ status }) => status)).toEqual(['rejected', 'accepted']);
  });

  it('that is no state counts as unset, with a note', () => {
    const row = rowOf(one({ consent: { analytics_storage: 'maybe', ad_storage: true } }));
    expect(row.consent).toMatchObject({ analytics_storage: 'unset', ad_storage: 'unset' });
    expect(row.issues).toHaveLength(2);
    expect(
      rejectedOf(one({ consent: { analytics_storage: 'maybe' } }), { policy: { consent: 'strict' } }).rejected
        .reason,
    ).toBe('consent_denied');
  });

  const location = 'https://loja.example/?gclid=G1&utm_source=google&fbclid=F1';
  it.each([
    ['granted', 'gtm', 'G1'],
    ['denied', 'gtm', undefined],
    ['unset', 'gtm', 'G1'],
    ['unset', 'strict', undefined],
  ] as const)('for ads %s in %s: click id %s', (ad_storage, consent, gclid) => {
    const row = rowOf(
      one({ consent: { analytics_storage: 'granted', ad_storage }, page: { location, referrer: location } }),
      { policy: { consent } },
    );
    expect(row.gclid).toBe(gclid);
    expect(row.utm_source).toBe('google');
    expect([row.page_location, row.page_referrer].join().includes('G1')).toBe(gclid !== undefined);
  });

  it('denied in anonymous mode: no id of any kind, no address, no exact agent', () => {
    const row = rowOf(
      one(
        {
          legacy: { clientId: 'c-1', hitType: 'event' },
          data_layer: {
            event: 'n',
            clientId: 'c-1',
            user: { user_id: 'u-1' },
            gclid: 'G1',
            list: [{ session_id: 7 }],
            price: 5,
          },
        },
        {
          ctx: {
            consent: DENIED,
            ids: { client_id: 'c-1', user_id: 'u-1', session_id: 7, session_number: 2 },
            page: { location },
          },
        },
      ),
      { policy: { anonymous: true } },
    );
    expect(row).toMatchObject({
      collection_mode: 'anonymous',
      hitType: 'event',
      browser: 'Firefox',
      browser_version: '133',
      data_layer: { event: 'n', list: [{}], price: 5 },
    });
    expect(JSON.stringify(row)).not.toMatch(/c-1|u-1|G1|F1|203\.0|session_id|user_pseudo_id/);
  });

  it('the sender may choose anonymous mode by itself', () => {
    const row = rowOf(one({}, { ctx: { mode: 'anonymous', ids: { client_id: 'c-1' } } }));
    expect(row.collection_mode).toBe('anonymous');
    expect(row).not.toHaveProperty('user_pseudo_id');
  });

  it('keeps ids out of what is rejected in anonymous mode', () => {
    const { raw } = rejectedOf(one({ ts: 'x', consent: DENIED, data_layer: { clientId: 'c-1', a: 1 } }), {
      policy: { anonymous: true },
    });
    expect(JSON.parse(raw).data_layer).toEqual({ a: 1 });
  });
});

describe('visitor and device', () => {
  it('take the client id, else that of Stargate 2.0', () => {
    const ids = { client_id: '1.2', client_id_source: 'ga' };
    const { prepared } = store({ ctx: { ids }, events: [{ name: 'a', legacy: { clientId: '3.4' } }] });
    expect(prepared[0]).toMatchObject({ visitor: '1.2' });
    expect(rowOf(one({ data_layer: { clientId: '3.4' } }))).toMatchObject({
      user_pseudo_id: '3.4',
      client_id_source: 'legacy',
    });
  });

  it('take no e-mail address for an id', () => {
    const row = rowOf(
      one({}, { ctx: { ids: { client_id: 'ana@exemplo.com.br', user_id: 'ana@exemplo.com.br' } } }),
    );
    expect(row).not.toHaveProperty('user_pseudo_id');
    expect(row).toMatchObject({ user_id: '[email]', pii_redactions: 1 });
  });

  it('believe no browser about its address, agent or name', () => {
    const trusted = { ip: '198.51.100.9', user_agent: 'curl/8' };
    expect(rowOf(one({}, { ctx: { trusted } }))).toMatchObject({
      ip_truncated: '203.0.113.0',
      browser: 'Firefox',
      is_bot: false,
    });
    const server = rowOf(one({}, { ctx: { trusted } }), { policy: { kind: 'server' } });
    expect(server).toMatchObject({ ip_truncated: '198.51.100.0', is_bot: true });
  });

  it('know nothing of a visitor whose server says nothing', () => {
    const row = rowOf(one({}), { policy: { kind: 'server' } });
    expect(row).toMatchObject({ is_bot: false });
    for (const column of ['browser', 'os', 'ip_truncated', 'device_category'])
      expect(row).not.toHaveProperty(column);
  });

  it.each([
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', {}, ['user_agent']],
    ['', {}, ['no_user_agent']],
    [
      'Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse',
      {},
      ['user_agent', 'lighthouse'],
    ],
    [
      'Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)',
      {},
      ['user_agent', 'uptime_monitor'],
    ],
    [undefined, { webdriver: true }, ['webdriver']],
    [undefined, { preview: true }, ['gtm_preview']],
    [undefined, { page: { location: 'https://gtm-msr.appspot.com/render2?id=GTM-X' } }, ['gtm_renderer']],
    [undefined, { page: { location: 'https://gtm-msr.appspot.com.evil.example/' } }, []],
  ])('flag a machine: %s %j', (userAgent, ctx, reasons) => {
    const row = rowOf(one({}, { ctx }), userAgent === undefined ? {} : { facts: { userAgent } });
    expect(row.is_bot).toBe(reasons.length > 0);
    expect(row.bot_reasons ?? []).toEqual(reasons);
  });
});

describe('a context with mistakes', () => {
  it('loses what is wrong, with a note, and never an event', () => {
    const ctx = {
      page: { location: 5, title: ['x'] },
      ids: { client_id: {}, session_id: 'abc', client_id_source: 'me' },
      consent: 'yes',
      mode: 'quiet',
      gtm: [],
      device: { screen: 'big', language: '<b>', viewport: '1x1', time_zone: 'America/Sao_Paulo' },
      tracker: { v: 1 },
      webdriver: 'no',
    };
    const row = rowOf(one({}, { sent_at: 'now', ctx }));
    expect(row).toMatchObject({ viewport: '1x1', time_zone: 'America/Sao_Paulo', page_location: '5' });
    expect(row.issues?.map((issue) => issue.split(':')[0])).toEqual([
      '/sent_at',
      '/ctx/page/title',
      '/ctx/ids/client_id',
      '/ctx/ids/client_id_source',
      '/ctx/ids/session_id',
      '/ctx/consent',
      '/ctx/mode',
      '/ctx/gtm',
      '/ctx/device/language',
      '/ctx/device/screen',
      '/ctx/tracker',
    ]);
  });

  it('mends texts that no table takes, wherever they stand', () => {
    const bad = 'a\0b\ud800c';
    const row = rowOf(one({ name: bad, id: bad, page: { title: bad } }, { ctx: { ids: { user_id: bad } } }));
    for (const value of [row.event_name, row.event_id, row.page_title, row.user_id])
      expect(value).toBe('a\ufffdb\ufffdc');
  });

  it('has a bounded list of notes', () => {
    const items = Array.from({ length: 150 }, () => ({ price: 'x', quantity: 'x' }));
    expect(rowOf(one({ data_layer: { ecommerce: { items } } })).issues).toHaveLength(50);
  });
});
