import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Notes } from '../../src/event/text.js';
import { datesIn, eventTime, isoTime, readTime } from '../../src/event/time.js';

const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe('isoTime', () => {
  it('writes what Date writes, in any order of days', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -6e13, max: LAST }), { minLength: 1, maxLength: 5 }),
        (times) => {
          for (const ms of times) expect(isoTime(ms)).toBe(new Date(ms).toISOString());
        },
      ),
    );
  });
});

describe('datesIn', () => {
  it.each([
    ['America/Sao_Paulo', '2026-11-24T02:59:59.999Z', '2026-11-23'],
    ['America/Sao_Paulo', '2026-11-24T03:00:00.000Z', '2026-11-24'],
    ['Asia/Kathmandu', '2026-11-23T18:14:59.999Z', '2026-11-23'],
    ['Asia/Kathmandu', '2026-11-23T18:15:00.000Z', '2026-11-24'],
    ['Australia/Lord_Howe', '2026-04-04T14:59:59.999Z', '2026-04-05'],
    ['Pacific/Apia', '2026-01-01T10:59:59.000Z', '2026-01-01'],
    ['UTC', '1969-12-31T23:59:59.999Z', '1969-12-31'],
  ])('%s at %s is %s', (zone, time, date) => {
    expect(datesIn(zone)(Date.parse(time))).toBe(date);
  });

  it('agrees with Intl at any moment, through every change of clocks', () => {
    const zones = [
      'America/Sao_Paulo',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Africa/Casablanca',
    ];
    const known = zones.map(
      (zone) => [datesIn(zone), new Intl.DateTimeFormat('sv', { timeZone: zone })] as const,
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...known),
        fc.integer({ min: Date.UTC(1990), max: Date.UTC(2037) }),
        ([dates, intl], ms) => {
          expect(dates(ms)).toBe(intl.format(ms));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses an unknown zone at once', () => {
    expect(() => datesIn('Mars/Olympus')).toThrow(RangeError);
  });
});

describe('eventTime', () => {
  const received = Date.parse('2026-11-23T14:32:04.655Z');
  const at = (ts: number | null, sentAt: number | null) => {
    const notes: Notes = [];
    return { time: eventTime(ts, sentAt, received, notes) - received, notes };
  };

  it.each([
    ['a clock that is right', -200, -50, -150],
    ['a clock an hour ahead', 3_600_000 - 200, 3_600_000 - 50, -150],
    ['a clock years behind', -1e11 - 200, -1e11, -200],
    ['no time of sending', -200, null, -200],
  ])('corrects %s', (_name, ts, sentAt, expected) => {
    expect(at(received + ts, sentAt === null ? null : received + sentAt)).toEqual({
      time: expected,
      notes: [],
    });
  });

  it('takes the arrival where the client says nothing', () => {
    expect(at(null, received)).toEqual({ time: 0, notes: [] });
  });

  it('holds what is too old or ahead at the limits, and says so', () => {
    expect(at(received - 80 * 3_600_000, null)).toEqual({
      time: -72 * 3_600_000,
      notes: ['/ts: more than 72 h before its arrival, set to 72 h before'],
    });
    expect(at(received + 3_600_000, received)).toEqual({
      time: 300_000,
      notes: ['/ts: more than 5 min after its arrival, set to 5 min after'],
    });
  });
});

describe('readTime', () => {
  it.each([-1, Number.POSITIVE_INFINITY, Number.NaN, LAST + 1, '5', {}, true])('leaves %s out', (value) => {
    const notes: Notes = [];
    expect(readTime(value, '/ts', notes)).toBeNull();
    expect(notes).toHaveLength(1);
  });
});
