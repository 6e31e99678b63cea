import { describe, expect, it } from 'vitest';
import { createFeed } from '../../src/ui/live/feed.js';
import { names, select } from '../../src/ui/live/filter.js';
import { createRate } from '../../src/ui/live/rate.js';
import { bad, good, inFlight, purchase, shopping } from '../helpers/live-events.js';
import { countsOf } from '../helpers/ui-server.js';

const keys = (events: readonly { readonly key: string }[]) => events.map(({ key }) => key);

describe('the feed', () => {
  it('is newest first, whatever the order of arrival', () => {
    const feed = createFeed();
    feed.add([good(3, 'c'), good(1, 'a')]);
    feed.add([good(2, 'b')]);
    expect(keys(feed.events())).toEqual(['0:3', '0:2', '0:1']);
  });

  it('keeps the newest, in bounded memory', () => {
    const feed = createFeed(100);
    for (let from = 0; from < 1000; from += 50) feed.add(shopping(50, from));
    expect(feed.events()).toHaveLength(100);
    expect(feed.events()[0]!.key).toBe('0:999');
    expect(feed.get('0:899')).toBeUndefined();
  });

  it('replaces an event by key, but never a final state by an earlier one', () => {
    const feed = createFeed();
    expect(feed.add([inFlight(1, 'a')])).toHaveLength(1);
    expect(feed.add([good(1, 'a')])).toHaveLength(0);
    feed.add([inFlight(1, 'a')]);
    expect(feed.events().map(({ state }) => state)).toEqual(['good']);
  });

  it('takes the same key with another time for another log', () => {
    const feed = createFeed();
    feed.add(shopping(5));
    feed.add([{ ...good(2, 'new'), received_at: '2027-01-01T00:00:00.000Z' }]);
    expect(feed.events().map(({ event_name }) => event_name)).toEqual(['new']);
  });

  it('gives the same array until something changes', () => {
    const feed = createFeed();
    feed.add(shopping(3));
    expect(feed.events()).toBe(feed.events());
  });
});

describe('the filter', () => {
  const events = [purchase(9), bad(11), good(1, 'view_item', '/demo/p/x')];
  const all = { state: 'all', name: '', query: '' } as const;

  it('passes everything, unchanged, when it asks for nothing', () => {
    expect(select(events, { ...all, query: '  ' })).toBe(events);
  });

  it.each([
    [{ ...all, state: 'bad' }, ['0:11']],
    [{ ...all, name: 'purchase' }, ['0:9']],
    [{ ...all, query: 'TÁBUA chaleira' }, ['0:9']],
    [{ ...all, query: '/demo/p/x' }, ['0:1']],
    [{ ...all, query: 'tábua nowhere' }, []],
    [{ ...all, state: 'good', query: 'add_to_cart' }, []],
  ] as const)('%j', (filter, expected) => {
    expect(keys(select(events, filter))).toEqual(expected);
  });

  it('lists names once, sorted, with the chosen one', () => {
    expect(names([...events, ...events], 'gone')).toEqual(['add_to_cart', 'gone', 'purchase', 'view_item']);
  });
});

describe('the rate', () => {
  const now = Date.parse('2026-11-23T14:40:02.000Z');
  const counts = (good: number, bad = 0) => ({ ...countsOf([]), received: good + bad, good, bad });

  it('takes the first counts of a connection as the start', () => {
    const rate = createRate();
    rate.connect(now);
    rate.counts(counts(500), now);
    rate.counts(counts(510, 2), now + 1000);
    expect(rate.bars(now + 1000).at(-1)).toEqual({ good: 10, bad: 2 });
    expect(rate.perSecond(now + 3000)).toBeCloseTo(12 / 5);
  });

  it('fills in what came before from repeated events, and only that', () => {
    const rate = createRate();
    rate.connect(now);
    const at = (ms: number, event = good(1, 'a')) => ({
      ...event,
      received_at: new Date(now + ms).toISOString(),
    });
    rate.repeated([at(-60_000), at(-60_000, bad(2)), at(5_000)]);
    expect(rate.bars(now).at(-13)).toEqual({ good: 1, bad: 1 });
    expect(rate.bars(now).reduce((sum, bar) => sum + bar.good + bar.bad, 0)).toBe(2);
  });

  it('starts again when the counts fall', () => {
    const rate = createRate();
    rate.connect(now);
    rate.counts(counts(100), now);
    rate.counts(counts(3), now);
    rate.counts(counts(5), now);
    expect(rate.bars(now).at(-1)).toEqual({ good: 2, bad: 0 });
  });

  it('has sixty bars and forgets older ones', () => {
    const rate = createRate();
    rate.connect(now);
    rate.counts(counts(0), now);
    rate.counts(counts(7), now);
    expect(rate.bars(now)).toHaveLength(60);
    expect(rate.bars(now + 301_000).every(({ good }) => good === 0)).toBe(true);
  });
});
