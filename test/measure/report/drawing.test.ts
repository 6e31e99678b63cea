import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chart, plot } from '../../../src/measure/report/charts.js';
import {
  bytes,
  clock,
  count,
  day,
  list,
  many,
  number,
  percent,
  time,
} from '../../../src/measure/report/format.js';
import { html } from '../../../src/measure/report/markup.js';
import {
  linearAxis,
  logAxis,
  logTicks,
  roundUp,
  scale,
  timeAxis,
} from '../../../src/measure/report/scale.js';

const words = { format: number, label: '' };
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('formats', () => {
  it.each([
    [number(0), '0'],
    [number(0.12345), '0.123'],
    [number(99.96), '100'],
    [number(1234567.8), '1,234,568'],
    [number(-1234), '-1,234'],
    [number(Number.NaN), '–'],
    [count(12.6), '13'],
    [many(1, 'row'), '1 row'],
    [many(2000, 'row'), '2,000 rows'],
    [time(0.31249), '0.312 ms'],
    [time(999.9), '1,000 ms'],
    [time(1204), '1.2 s'],
    [time(119_000), '119 s'],
    [time(150_000), '2.5 min'],
    [time(6 * 3_600_000), '6 h'],
    [time(null), '–'],
    [percent(0), '0 %'],
    [percent(0.000_004), '< 0.001 %'],
    [percent(0.9925), '99.25 %'],
    [percent(0.999_999_9), '> 99.99 %'],
    [percent(1), '100 %'],
    [clock(84_999), '1:24'],
    [clock(3_600_000), '1:00:00'],
    [day(Date.UTC(2026, 10, 23, 23, 59)), '23 Nov 2026'],
    [bytes(742), '742 bytes'],
    [bytes(5_300_000), '5.3 MB'],
    [list(['a', 'b', 'c']), 'a, b and c'],
  ])('%s', (written, expected) => {
    expect(plain(written)).toBe(expected);
  });

  it('never say that all is what is less, nor nothing what is more', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        if (share > 0) expect(percent(share)).not.toMatch(/^0\s/);
        if (share < 1) expect(percent(share)).not.toMatch(/^100\s/);
      }),
    );
  });
});

describe('scales', () => {
  it('keep order, and stay on the plot', () => {
    const values = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(values, values, fc.boolean(), (a, b, log) => {
        const axis = log ? logAxis([a, b], words) : linearAxis(Math.max(a, b), words);
        const to = scale(axis, 500);
        expect(to(Math.min(a, b))).toBeLessThanOrEqual(to(Math.max(a, b)));
        for (const value of [a, b, 0, 1e9]) {
          expect(to(value)).toBeGreaterThanOrEqual(0);
          expect(to(value)).toBeLessThanOrEqual(500);
        }
      }),
    );
  });

  it('have at most as many ticks as there is room for, all of them on the axis', () => {
    const max = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(max, fc.integer({ min: 3, max: 12 }), (value, most) => {
        for (const axis of [linearAxis(value, words), timeAxis(value, words), logAxis([value], words)]) {
          const ticks = axis.ticks(most);
          expect(ticks.length).toBeGreaterThan(0);
          expect(ticks.length).toBeLessThanOrEqual(most + 1);
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(axis.min);
            expect(tick).toBeLessThanOrEqual(axis.max * (1 + 1e-9));
          }
        }
      }),
    );
  });

  it('end and step at round values', () => {
    expect([0.3, 1, 2.2, 9000, 10_001].map(roundUp)).toEqual([0.5, 1, 2.5, 10_000, 20_000]);
    expect(linearAxis(9000, words)).toMatchObject({ min: 0, max: 10_000 });
    expect(linearAxis(0, words).max).toBe(1);
    expect(logAxis([3, 700], words)).toMatchObject({ min: 1, max: 1000 });
    expect(logAxis([0], words)).toMatchObject({ min: 1, max: 10 });
    expect(logTicks(1, 1000, 8)).toEqual([1, 3, 10, 30, 100, 300, 1000]);
    expect(logTicks(1, 1e12, 5)).toEqual([1, 1000, 1e6, 1e9, 1e12]);
    expect(timeAxis(120_000, words).ticks(13).slice(0, 3)).toEqual([0, 10_000, 20_000]);
  });
});

describe('markup', () => {
  it('escapes every value, in text and in attributes', () => {
    const hostile = `"><script>alert('&')</script>`;
    expect(html`<p title="${hostile}">${[hostile, html`<b>${1}</b>`, false, null]}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;<b>1</b></p>',
    );
    expect(html`${'a\u0000b\u202ec\nd'}`.text).toBe('a\ufffdb\ufffdc\nd');
  });
});

describe('charts', () => {
  const points = Array.from({ length: 5000 }, (_, i) => [i, i === 3333 ? 900 : i % 7] as const);
  const chart: Chart = {
    alt: 'A <line>.',
    height: 200,
    x: linearAxis(5000, words),
    y: linearAxis(900, words),
    marks: [
      {
        kind: 'line',
        points: [
          [0, 1],
          [1, null],
          [2, 3],
          [3, 4],
        ],
        look: 'one',
      },
      { kind: 'line', points, look: 'other' },
      { kind: 'at', x: 2000, label: 'p50 of everything' },
      { kind: 'at', x: 2010, label: 'p99 of everything' },
      { kind: 'level', y: 900, label: 'limit' },
    ],
    hover: { count: 5000, edge: (i) => i, title: (from, to) => `${from} to ${to}` },
  };
  const [wide, narrow] = plot(chart).text.split('<svg ').slice(1);

  it('are drawn twice, with a sentence for those who do not see them', () => {
    for (const drawing of [wide, narrow]) {
      expect(drawing).toContain('role="img" aria-label="A &lt;line&gt;."');
    }
    expect(wide).toMatch(/^class="wide"/);
    expect(narrow).toMatch(/^class="narrow"/);
  });

  it('break a line where a value is missing, and show a point that stands alone', () => {
    const [, d] = /class="line one" d="([^"]+)"/.exec(wide!)!;
    expect(d!.match(/M/g)).toHaveLength(2);
    expect(d).toMatch(/^M0 [\d.]+h0M/);
  });

  it('thin many points without losing the peak', () => {
    const [, d] = /class="line other" d="([^"]+)"/.exec(narrow!)!;
    const ys = d!.match(/[ML]([\d.]+) ([\d.]+)/g)!.map((pair) => Number(pair.split(' ')[1]));
    expect(ys.length).toBeLessThan(800);
    const [, level] = /class="rule" d="M0 ([\d.]+)H/.exec(narrow!)!;
    expect(Math.min(...ys)).toBe(Number(level));
  });

  it('put labels that would meet into rows of their own, and hover columns edge to edge', () => {
    const row = (text: string) => Number(new RegExp(`y="([\\d.]+)"[^>]*>${text}`).exec(wide!)![1]);
    expect(Math.abs(row('p50') - row('p99'))).toBeGreaterThanOrEqual(12);
    const hovers = [...wide!.matchAll(/class="hover" x="([\d.]+)" y="0" width="([\d.]+)"/g)].map(
      ([, x, width]) => [Number(x), Number(width)] as const,
    );
    expect(hovers.length).toBeGreaterThan(100);
    expect(hovers.length).toBeLessThan(200);
    for (const [i, [x]] of hovers.slice(1).entries()) expect(x).toBeCloseTo(hovers[i]![0] + hovers[i]![1], 0);
    expect(wide).toContain('<title>0 to ');
  });
});
