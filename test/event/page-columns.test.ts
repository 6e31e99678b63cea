/** What is kept of pages is told apart by all that it depends on, and never holds personal data. */
import { describe, expect, it } from 'vitest';
import type { PageContext } from '../../src/event/context.js';
import { createPageWriter } from '../../src/event/page-columns.js';
import { createScrubber, type Scrubber } from '../../src/event/scrub.js';

const page = (location: string | null, title: string | null = null, referrer: string | null = null) =>
  ({ location, title, referrer }) satisfies PageContext;

function counted() {
  const scrubber = createScrubber({ keys: [], allow: [] });
  let texts = 0;
  const counting: Scrubber = {
    ...scrubber,
    url: (url, tally) => {
      texts++;
      return scrubber.url(url, tally);
    },
  };
  const write = createPageWriter(counting);
  const tally = { redactions: 0 };
  return {
    tally,
    texts: () => texts,
    columns: (one: PageContext, hasAds = true) => write(one, hasAds, tally).columns,
  };
}

describe('columns of a page', () => {
  it('are written once for a page that is seen again', () => {
    const { columns, texts } = counted();
    const first = columns(page('https://shop.example/p?utm_source=news', 'P'));
    expect(columns(page('https://shop.example/p?utm_source=news', 'P'))).toBe(first);
    expect(texts()).toBe(1);
    expect(first).toContain('"utm_source":"news"');
  });

  it('depend on every part, and on the consent to ads', () => {
    const { columns } = counted();
    const address = 'https://shop.example/p?gclid=abc';
    const all = [
      columns(page(address, 'a', 'https://shop.example/')),
      columns(page(address, 'b', 'https://shop.example/')),
      columns(page(address, 'a', 'https://other.example/')),
      columns(page(address, 'a', 'https://shop.example/'), false),
      columns(page(null, 'a', 'https://shop.example/')),
      columns(page(address, null, 'https://shop.example/')),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(all[3]).not.toContain('abc');
  });

  it('cannot be made equal by where a text ends and the next begins', () => {
    const { columns } = counted();
    const parts = ['https://a.example/', 'x', '\n', 'null', ''];
    const pages = parts.flatMap((a) =>
      parts.flatMap((b) => parts.map((c) => page(`h${a}`, b || null, c || null))),
    );
    const fresh = pages.map((one) => counted().columns(one));
    expect(pages.map((one) => columns(one))).toEqual(fresh);
    expect(pages.map((one) => columns(one))).toEqual(fresh);
  });

  it('are scrubbed and counted anew where there is personal data', () => {
    const { columns, tally, texts } = counted();
    const named = page('https://shop.example/?email=ana@example.com');
    const first = columns(named);
    expect(columns(named)).toBe(first);
    expect(first).not.toContain('ana@');
    expect(tally.redactions).toBe(2);
    expect(texts()).toBe(2);
  });
});
