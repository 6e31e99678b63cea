import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createConsent } from '../../src/tracker/consent.js';
import { gaIds, ownIds } from '../../src/tracker/ids.js';
import { interpret } from '../../src/tracker/message.js';
import { at, merge } from '../../src/tracker/model.js';
import { backoff, isFinal, retryAfter } from '../../src/tracker/retry.js';
import { readSettings } from '../../src/tracker/settings.js';
import { uuid, uuidTime } from '../../src/tracker/uuid.js';

/** What gtag pushes: an `arguments` object. */
function gtag(..._parts: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: gtag means exactly this
  return arguments;
}

describe('uuid', () => {
  it('is a UUIDv7 with the time in front, in order within a page even when the clock goes back', () => {
    const now = Date.now() + 1000;
    const made = [...Array.from({ length: 5000 }, () => uuid(now)), uuid(now - 5000), uuid(now + 10)];
    expect(made[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
    expect(uuidTime(made[0] ?? '')).toBe(now);
    expect(uuidTime('nonsense')).toBeNaN();
  });
});

describe('interpret', () => {
  it.each([
    [gtag('consent', 'update', { a: 1 }), { command: ['update', { a: 1 }] }],
    [['consent', 'default', {}], { command: ['default', {}] }],
    [gtag('event', 'buy', { value: 1 }), { data: { value: 1 }, name: 'buy' }],
    [gtag('event', 'bare'), { data: {}, name: 'bare' }],
    [gtag('set', { a: 1 }), { data: { a: 1 } }],
    [gtag('set', 'a', 1), { data: { a: 1 } }],
    [gtag('js', new Date(0)), {}],
    [gtag('config', 'G-1', {}), {}],
    [['cart.push', 4], {}],
    [{ a: 1 }, { data: { a: 1 } }],
    [{ event: 'x' }, { data: { event: 'x' }, name: 'x' }],
    [{ event: '' }, { data: { event: '' } }],
    [{ event: {} }, { data: { event: {} } }],
    [{ getUntrustedMessageValue: () => ({ event: 'w' }) }, { data: { event: 'w' }, name: 'w' }],
    [{ getUntrustedMessageValue: () => 5 }, {}],
    [() => 1, {}],
    [null, {}],
    ['text', {}],
  ])('reads %o', (message, meaning) => {
    expect(interpret(message)).toEqual(meaning);
  });
});

describe('consent', () => {
  const OFF = { region: '', strict: false, anonymous: false, gpc: false, dnt: false };
  const never = () => expect.fail('no time was to pass');
  beforeEach(() => {
    vi.stubGlobal('navigator', { globalPrivacyControl: true, doNotTrack: '1' });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('lets an update win over every default, and the later default over the earlier', () => {
    const consent = createConsent(OFF, never);
    consent.command('default', { analytics_storage: 'denied' });
    consent.command('default', { analytics_storage: 'granted', other: 'denied' });
    expect(consent.states()).toMatchObject({ analytics_storage: 'granted', ad_storage: 'unset' });
    consent.command('update', { analytics_storage: 'denied', ad_storage: 'maybe' });
    consent.command('default', { analytics_storage: 'granted' });
    expect(consent.states()).toMatchObject({ analytics_storage: 'denied', ad_storage: 'unset' });
    expect(consent.states()).not.toHaveProperty('other');
  });

  it.each([
    ['', 'denied'],
    ['BR', 'granted'],
    ['US', 'granted'],
    ['US-CA', 'denied'],
    ['ES', 'denied'],
  ])('obeys regional defaults, in %o', (region, expected) => {
    const consent = createConsent({ ...OFF, region }, never);
    consent.command('default', { analytics_storage: 'denied', region: ['ES', 'US-CA'] });
    consent.command('default', { analytics_storage: 'granted', region: ['US'] });
    consent.command('default', { analytics_storage: 'granted' });
    expect(consent.states().analytics_storage).toBe(expected);
  });

  it.each([
    ['unset', {}, 'full'],
    ['unset', { strict: true }, 'hold'],
    ['unset', { strict: true, anonymous: true }, 'anonymous'],
    ['denied', {}, 'drop'],
    ['denied', { anonymous: true }, 'anonymous'],
    ['granted', { strict: true }, 'full'],
    ['granted', { gpc: true }, 'drop'],
    ['granted', { dnt: true, anonymous: true }, 'anonymous'],
  ])('%s with %o means %s', (state, rules, expected) => {
    const consent = createConsent({ ...OFF, ...rules }, never);
    consent.command('default', { analytics_storage: state });
    expect(consent.gate()).toBe(expected);
  });

  it('holds while it waits for the update, and says when the time is over', async () => {
    const passed = new Promise<void>((resolve) => {
      const consent = createConsent(OFF, () => {
        expect(consent.gate()).toBe('drop');
        resolve();
      });
      consent.command('default', { analytics_storage: 'denied', wait_for_update: 20 });
      expect(consent.gate()).toBe('hold');
    });
    await passed;
    const other = createConsent(OFF, never);
    other.command('default', { analytics_storage: 'denied', wait_for_update: 20 });
    other.command('update', { analytics_storage: 'granted' });
    expect(other.gate()).toBe('full');
  });
});

describe('model', () => {
  it('merges objects and arrays, overwrites with everything else, and keeps stale keys until cleared', () => {
    const model: Record<string, unknown> = {};
    merge({ a: { b: 1, c: 2 }, list: [1, 2, 3], gone: 1 }, model);
    merge({ a: { b: 5 }, list: [9], gone: undefined }, model);
    expect(model).toEqual({ a: { b: 5, c: 2 }, list: [9, 2, 3], gone: undefined });
    merge({ a: { d: 1 }, _clear: true }, model);
    expect(model.a).toEqual({ d: 1 });
    merge({ a: null }, model);
    expect(model.a).toBeNull();
  });

  it('copies what it merges, ends on cycles, and leaves prototypes alone', () => {
    const push: Record<string, unknown> = { a: { b: 1 } };
    push.self = push;
    const model: Record<string, unknown> = {};
    merge(push, model);
    merge(JSON.parse('{"__proto__":{"bad":1},"constructor":{"prototype":{"bad":1}}}'), model);
    merge({ a: { b: 2 } }, model);
    expect(push.a).toEqual({ b: 1 });
    expect(({} as { bad?: number }).bad).toBeUndefined();
  });

  it('reads paths', () => {
    const model = { a: { b: 1 }, 'x.y': 2, none: null };
    expect([
      at(model, 'a.b'),
      at(model, 'x.y'),
      at(model, 'a.b.c'),
      at(model, 'none.x'),
      at(model, 'q'),
    ]).toEqual([1, 2, undefined, undefined, undefined]);
  });
});

describe('ids', () => {
  it.each([
    ['_ga=GA1.1.123.456', { client_id: '123.456', client_id_source: 'ga' }],
    ['a=1; _ga=GA1.2-2.77.88; b=2', { client_id: '77.88', client_id_source: 'ga' }],
    ['_ga_X=GS1.1.1690000000.3.1.1690000100.0.0.0', { session_id: 1690000000, session_number: 3 }],
    ['_ga_X=GS2.1.s1746825440$o12$g0$t1746825440$j60$l0$h0', { session_id: 1746825440, session_number: 12 }],
    ['_ga_A=GS1.1.5.1; _ga_B=GS1.1.9.2; _ga_C=GS1.1.7.3', { session_id: 9, session_number: 2 }],
    ['_ga=garbage; _ga_X=nothing; _gat=1; my_ga=GA1.1.1.1', {}],
    ['', {}],
  ])('reads %s', (cookies, ids) => {
    expect(gaIds(cookies)).toEqual(ids);
  });

  it('continues a session for 30 minutes, then counts the next', () => {
    const fresh = () => 'visitor-1';
    const first = ownIds('', 1_000_000_000, fresh);
    expect(first.ids).toEqual({
      client_id: 'visitor-1',
      client_id_source: 'stargate',
      session_id: 1_000_000,
      session_number: 1,
    });
    const soon = ownIds(first.text, 1_000_000_000 + 1_790_000, fresh);
    expect(soon.ids).toEqual(first.ids);
    const later = ownIds(soon.text, 1_000_000_000 + 3_600_000, () => 'other');
    expect(later.ids).toMatchObject({ client_id: 'visitor-1', session_id: 1_003_600, session_number: 2 });
    const past = ownIds(later.text, 0, fresh);
    expect(past.ids).toMatchObject({ client_id: 'visitor-1', session_number: 3 });
    for (const bad of ['<script>', 'a/b/c/d', '{}', 'a/1/2'])
      expect(ownIds(bad, 1e12, fresh).ids.session_number).toBe(1);
  });
});

describe('retry', () => {
  it('backs off with jitter and an end', () => {
    expect(backoff(0, 0)).toBe(500);
    expect(backoff(0, 1)).toBe(1500);
    expect(backoff(3, 0.5)).toBe(8000);
    expect(backoff(1000, 0.5)).toBe(64_000);
  });

  it('reads Retry-After in seconds and as a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfter('120', now)).toBe(120_000);
    expect(retryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000);
    for (const none of [null, '', 'soon', '0', '-5', 'Wed, 31 Dec 2025 00:00:00 GMT'])
      expect(retryAfter(none, now)).toBe(0);
    expect(retryAfter('99999999999', now)).toBe(3_600_000);
  });

  it('knows what is done with', () => {
    const final = [200, 202, 204, 400, 401, 403, 404, 413, 415];
    expect(final.filter(isFinal)).toEqual(final);
    expect([0, 408, 429, 500, 502, 503].filter(isFinal)).toEqual([]);
  });
});

describe('settings', () => {
  const src = 'https://data.example.com/stargate.js?v=1';

  it('come from the tag, then from the page, and point beside the script', () => {
    const settings = readSettings(
      src,
      { key: 'k', keys: 'a, b.c' },
      { key: 'other', mode: 'selected', gpc: true },
    );
    expect(settings).toMatchObject({
      key: 'k',
      url: 'https://data.example.com/v1/events',
      mode: 'selected',
      keys: ['a', 'b.c'],
      gpc: true,
      dnt: false,
      strict: false,
      layer: 'dataLayer',
    });
  });

  it.each([
    ['https://h.example', '', 'https://h.example/v1/events'],
    ['h.example', '', 'https://h.example/v1/events'],
    ['http://127.0.0.1:8000', src, 'http://127.0.0.1:8000/v1/events'],
    ['', 'https://h.example/below/stargate.js', 'https://h.example/below/v1/events'],
  ])('take host %o with script %o', (host, script, url) => {
    expect(readSettings(script, { key: 'k', host }, {})?.url).toBe(url);
  });

  it.each([
    ['', true],
    ['true', true],
    ['false', false],
    [true, true],
    [false, false],
    [undefined, false],
  ])('read the flag %o', (anonymous, expected) => {
    expect(readSettings(src, { key: 'k' }, { anonymous })?.anonymous).toBe(expected);
  });

  it('are none without a key or an address', () => {
    expect(readSettings(src, {}, {})).toBeNull();
    expect(readSettings('', { key: 'k' }, {})).toBeNull();
  });
});
