import { describe, expect, it } from 'vitest';
import { totals } from '../../src/ui/demo/cart.js';
import { found, inCategory, PRODUCTS } from '../../src/ui/demo/products.js';
import { routeOf, titleOf } from '../../src/ui/demo/route.js';
import { createTrail } from '../../src/ui/demo/trail.js';
import { good, inFlight } from '../helpers/live-events.js';

const route = (path: string, query = '') => routeOf(path, new URLSearchParams(query));

describe('addresses of the shop', () => {
  it.each([
    ['/demo', 'home'],
    ['/demo/', 'home'],
    ['/demo/c/cafe', 'category'],
    ['/demo/c/nada', 'missing'],
    ['/demo/p/chaleira-gota', 'product'],
    ['/demo/p/constructor', 'missing'],
    ['/demo/carrinho', 'cart'],
    ['/demo/checkout', 'checkout'],
    ['/demo/obrigado', 'thanks'],
    ['/demo/busca', 'search'],
    ['/demo/outra', 'missing'],
  ])('%s is %s', (path, page) => {
    expect(route(path).page).toBe(page);
    expect(titleOf(route(path))).toMatch(/^Casa Ipê: /);
  });

  it('finds without accents, and every product has a category', () => {
    expect(found('CAFE').map(({ slug }) => slug)).toContain('moedor-cafe');
    expect(['cafe', 'mesa', 'panelas'].flatMap((slug) => inCategory(slug))).toHaveLength(PRODUCTS.length);
  });

  it('adds up in cents', () => {
    const lines = PRODUCTS.slice(0, 3).map((product) => ({ product, quantity: 3 }));
    expect(totals(lines, true)).toEqual({
      products: 2333.7,
      shipping: 19.9,
      discount: 116.69,
      total: 2236.91,
    });
  });
});

describe('the trail of pushes', () => {
  const step = (name: string, state: 'pushed' | 'held' = 'pushed') =>
    ({ name, kind: 'GA4', payload: {}, state }) as const;
  const event = (id: string, name = 'a') => ({ ...good(1, name, '/', { event_id: id, pii_redactions: 2 }) });

  it('follows a push to the row', () => {
    const trail = createTrail();
    trail.pushed(step('a'));
    trail.sent({ events: [{ id: '1', name: 'a' }], status: 202 });
    expect(trail.steps()[0]).toMatchObject({ id: '1', state: 'sent' });
    trail.seen([{ ...inFlight(1, 'a'), event_id: '1' }]);
    expect(trail.steps()[0]!.state).toBe('sent');
    trail.seen([event('1')]);
    expect(trail.steps()[0]).toMatchObject({ state: 'stored', queryableMs: 184, redactions: 2 });
  });

  it('takes the row before the word of the tracker', () => {
    const trail = createTrail();
    trail.pushed(step('a'));
    trail.seen([event('1')]);
    trail.sent({ events: [{ id: '1', name: 'a' }], status: 202 });
    expect(trail.steps()[0]!.state).toBe('stored');
  });

  it('gives ids to pushes of the same name in order, and each id once', () => {
    const trail = createTrail();
    for (const state of ['held', 'pushed', 'pushed'] as const) trail.pushed(step('a', state));
    trail.sent({ events: [{ id: '1', name: 'a' }], status: 202 });
    trail.sent({ events: [{ id: '1', name: 'a' }], status: 202 });
    expect(trail.steps().map(({ id }) => id)).toEqual([null, '1', null]);
  });

  it.each([
    [0, 'pushed'],
    [503, 'pushed'],
    [429, 'pushed'],
    [401, 'refused'],
    [202, 'sent'],
  ])('after %i is %s', (status, state) => {
    const trail = createTrail();
    trail.pushed(step('a'));
    trail.sent({ events: [{ id: '1', name: 'a' }], status });
    expect(trail.steps()[0]!.state).toBe(state);
  });

  it('is bounded', () => {
    const trail = createTrail();
    for (let index = 0; index < 200; index++) trail.pushed(step(`e${index}`));
    expect(trail.steps()).toHaveLength(40);
    expect(trail.steps().at(-1)!.name).toBe('e199');
  });
});
