import { describe, expect, it } from 'vitest';
import { bytes, envelope, item, next, restore } from '../../src/tracker/envelope.js';
import { payload } from '../../src/tracker/payload.js';

const CONTEXT = '{"mode":"full"}';
const make = (id: string, length = 10, name = 'e', context = CONTEXT) =>
  item(id, context, JSON.stringify({ id, name, data_layer: { x: 'x'.repeat(length) } }));
const ids = (items: readonly { id: string }[]) => items.map((one) => one.id);

describe('an item', () => {
  it('comes back from storage as it went', () => {
    const one = make('a');
    expect(restore('a', one.text)).toEqual(one);
  });

  it.each([
    '',
    'x',
    '{}',
    '{}\n{}',
    `${CONTEXT}\n{"id":"b"}`,
    `[]\n{"id":"a"}`,
    `null\n{"id":"a"}`,
    '{"mode":"full"}\n{',
  ])('is refused from storage when it is %o', (text) => {
    expect(() => restore('a', text)).toThrow();
  });

  it('knows a purchase in each of the three shapes', () => {
    const first = (event: object) => item('a', CONTEXT, JSON.stringify({ id: 'a', ...event })).first;
    expect(first({ name: 'purchase' })).toBe(true);
    expect(first({ name: 'orderPlaced' })).toBe(true);
    expect(first({ name: 'eec', data_layer: { ecommerce: { purchase: { actionField: {} } } } })).toBe(true);
    expect(first({ name: 'add_to_cart', data_layer: { purchase: true } })).toBe(false);
  });
});

describe('an envelope', () => {
  it('is the JSON of the contract', () => {
    expect(JSON.parse(envelope('k"1', [make('a'), make('b')], 5))).toEqual({
      v: 1,
      k: 'k"1',
      sent_at: 5,
      ctx: { mode: 'full' },
      events: [
        { id: 'a', name: 'e', data_layer: { x: 'x'.repeat(10) } },
        { id: 'b', name: 'e', data_layer: { x: 'x'.repeat(10) } },
      ],
    });
  });

  it('holds at most 50 events of one context', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      make(`i${index}`, 1, 'e', index % 2 ? CONTEXT : '{"mode":"x"}'),
    );
    expect(ids(next(many, 60_000))).toEqual(ids(many.filter((_, index) => index % 2 === 0)));
    expect(
      next(
        Array.from({ length: 60 }, (_, index) => make(`i${index}`)),
        60_000,
      ),
    ).toHaveLength(50);
  });

  it('is led by the newest purchase, and stays within the room', () => {
    const waiting = [
      make('a', 30_000),
      make('p', 9000, 'purchase'),
      make('b', 30_000),
      make('q', 9000, 'purchase'),
    ];
    const taken = next(waiting, 50_000);
    expect(ids(taken)).toEqual(['q', 'p', 'a']);
    expect(bytes(envelope('k', taken, Date.now()))).toBeLessThan(50_000 + 256);
  });

  it('takes a plain request of up to 500 KiB where not even the first fits', () => {
    const waiting = Array.from({ length: 20 }, (_, index) => make(`i${index}`, 40_000));
    const taken = next(waiting, 1000);
    expect(taken).toHaveLength(12);
    expect(bytes(envelope('k', taken, Date.now()))).toBeLessThan(512 * 1024);
  });

  it('counts bytes, not characters', () => {
    expect(make('a', 0).size).toBe(make('a', 0).text.length);
    expect(item('a', CONTEXT, '{"id":"a","t":"é€"}').size).toBe(
      item('a', CONTEXT, '{"id":"a","t":"ab"}').size + 3,
    );
  });
});

describe('the payload', () => {
  const model = { user: { type: 'vip' }, event: 'old', eventCategory: 'home', page: '/x' };
  const push = { event: 'now', n: Number.NaN };

  it('is what the mode chooses', () => {
    const made = (mode: 'push' | 'model' | 'selected' | 'mapping', map = {}) =>
      payload({ mode, keys: ['user.type'], map }, model, push, 'now');
    expect(made('push')).toEqual({ data_layer: { event: 'now', n: null } });
    expect(made('model')).toEqual({ data_layer: { ...model, event: 'now' } });
    expect(made('selected')).toEqual({ data_layer: { 'user.type': 'vip', event: 'now' } });
    expect(made('mapping')).toEqual({ legacy: { page: '/x', eventCategory: 'home' } });
    expect(made('mapping', { eventAction: 'user.type' }).legacy).toMatchObject({ eventAction: 'vip' });
  });

  it('never writes into what the page pushed', () => {
    const frozen = Object.freeze({ value: 1 });
    expect(payload({ mode: 'push', keys: [], map: {} }, {}, frozen, 'n')).toEqual({
      data_layer: { value: 1, event: 'n' },
    });
    expect(frozen).toEqual({ value: 1 });
  });
});
