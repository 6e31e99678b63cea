import { describe, expect, it } from 'vitest';
import type { FreshnessReport } from '../../../src/measure/freshness/report.js';
import type { LoadReport } from '../../../src/measure/load/report.js';
import { latencyHtml, loadHtml } from '../../../src/measure/report/html.js';
import { mergeLoad } from '../../../src/measure/report/merge.js';
import { LATENCY_RUNS } from '../../helpers/latency-runs.js';
import { LOAD_RUNS, twoMachines } from '../../helpers/load-runs.js';

const LOADS = { ...LOAD_RUNS, merged: () => mergeLoad(twoMachines()) };
const PAGES = new Map<string, () => string>([
  ...Object.entries(LOADS).map(([name, run]) => [`load ${name}`, () => loadHtml(run())] as const),
  ...Object.entries(LATENCY_RUNS).map(
    ([name, run]) => [`latency ${name}`, () => latencyHtml(run())] as const,
  ),
]);
const HOSTILE = `</style></title><script>alert(1)</script><img src=x onerror=alert(2)>"'--&\u202e`;

/** The report with every text in it replaced by `text`, save those that say what it is. */
function poisoned<T>(value: T, text: string, key = ''): T {
  if (typeof value === 'string')
    return (/^(kind|verdict|state|outcome|model|code|histogram|hop)$/.test(key) ? value : text) as T;
  if (Array.isArray(value)) return value.map((each) => poisoned(each, text)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, poisoned(each, text, name)]),
  ) as T;
}

describe.each([...PAGES])('the page of %s', (_, render) => {
  const page = render();

  it('is one file without script or address', () => {
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page).not.toMatch(/<script|<iframe|<link(?! rel="icon" href="data:)|@import|url\((?!#)/i);
    expect(page).not.toMatch(/(src|href)="(?!data:)/i);
  });

  it('has a figure for every number, and a pattern for every reference', () => {
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
    for (const [, id] of page.matchAll(/url\(#([^)]+)\)/g)) expect(page).toContain(`<pattern id="${id}"`);
  });

  it('titles every section, and names every picture and table', () => {
    const sections = page.split('<section').slice(1);
    expect(sections.length).toBeGreaterThanOrEqual(9);
    for (const section of sections) expect(section).toMatch(/<h2>[^<]{10,}<\/h2>/);
    expect(page.match(/<svg class="(wide|narrow)"/g)?.length ?? 0).toBe(
      page.match(/role="img" aria-label="[^"]{20,}"/g)?.length ?? 0,
    );
    expect(page).not.toMatch(/<th(?! scope=|ead)/);
    expect(sections.at(-1)).toContain('What this run cannot tell you');
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    for (const [, close, name, rest] of page
      .replace(/<style>.*<\/style>/s, '')
      .matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/gi)) {
      if (/^(meta|link|br)$/.test(name!) || rest!.endsWith('/')) continue;
      if (close) expect(open.pop()).toBe(name);
      else open.push(name!);
    }
    expect(open).toEqual([]);
  });
});

describe('foreign text', () => {
  const load: LoadReport = poisoned(
    {
      ...LOAD_RUNS.mixedErrors(),
      totals: { ...LOAD_RUNS.mixedErrors().totals, codes: { [HOSTILE]: 3, constructor: 1 } },
    },
    HOSTILE,
  );
  const latency: FreshnessReport = poisoned(LATENCY_RUNS.lostAndLate(), HOSTILE);

  it.each([
    ['load', () => loadHtml(load)],
    ['latency', () => latencyHtml(latency)],
  ])('stays text in a %s report', (_, render) => {
    const page = render();
    expect(page).toContain('&lt;/style&gt;&lt;/title&gt;&lt;script&gt;alert(1)');
    expect(page).not.toMatch(/<script|<img|\u202e/);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(page.match(/<\/title>/g)!.length).toBe(page.match(/<title>/g)!.length);
  });
});

describe('the page of a load test', () => {
  it('hatches what was not judged, and only that', () => {
    expect(loadHtml(LOAD_RUNS.clientLimited())).toContain('Client-limited, not judged');
    expect(loadHtml(LOAD_RUNS.freeze())).not.toContain('not judged');
  });

  it('draws the limit that an objective sets, and survives one that cannot be read', () => {
    expect(loadHtml(LOAD_RUNS.ok())).toMatch(/class="rule"[^>]*\/>.*>p99&lt;200ms<\/text>/s);
    const objectives = [
      { objective: 'as fast as light', whole: 1, judged: null, state: 'not-judged' as const },
    ];
    expect(loadHtml({ ...LOAD_RUNS.ok(), objectives })).toContain('as fast as light');
  });

  it('shows verification and search where there was one', () => {
    const verification = {
      accepted: 10,
      stored: 9,
      missing: 1,
      duplicates: 0,
      unacknowledged: 0,
      freshness: { p50: 1.2, p99: 3, max: 4 },
      state: 'missed' as const,
    };
    const search = [
      { rate: 1000, state: 'met' as const, verdict: 'ok' as const, achieved: 999, responseP99: 12 },
      {
        rate: 4000,
        state: 'missed' as const,
        verdict: 'target-limited' as const,
        achieved: 3100,
        responseP99: null,
      },
    ];
    const page = loadHtml({ ...LOAD_RUNS.ok(), verification, search });
    expect(page).toContain('1 of 10 accepted events is missing');
    expect(page).toContain('1,000/s is the highest rate that met the objective');
    expect(page).not.toContain('the warehouse was not asked');
  });

  it('stays small for runs of hours', () => {
    expect(loadHtml(LOAD_RUNS.hours()).length).toBeLessThan(500_000);
    expect(latencyHtml(LATENCY_RUNS.hours()).length).toBeLessThan(500_000);
  });
});
