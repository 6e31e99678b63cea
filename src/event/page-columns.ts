/**
 * The columns of a page: address, title, referrer and campaign, scrubbed. A site has few pages and many views of
 * each, so what was written for one view is kept for the next, within bounds; never where personal data was in it.
 */
import { flat, textColumn } from './columns.js';
import type { PageContext } from './context.js';
import { CAMPAIGN_NAMES, CLICK_NAMES, campaignOf, splitAddress, withoutClickIds } from './page.js';
import type { Scrubber, Tally } from './scrub.js';

export interface PageColumns {
  readonly hostname: string | null;
  /** Scrubbed. */
  readonly referrer: string | null;
  readonly columns: string;
}

/** `hasAds`: storage for advertising is allowed, and with it the ids of clicks. */
export type PageWriter = (page: PageContext, hasAds: boolean, tally: Tally) => PageColumns;

/** Together at most 4 MiB a source. */
const MAX_KEPT = 1_024;
const MAX_KEY = 1_024;

export function createPageWriter(scrubber: Scrubber): PageWriter {
  let kept = new Map<string, PageColumns>();
  return (page, hasAds, tally) => {
    const { location, title, referrer } = page;
    // With the lengths first no text can pretend to be two.
    const key = `${hasAds ? 1 : 0} ${location?.length} ${referrer?.length} ${location ?? ''}${referrer ?? ''}${title ?? ''}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const before = tally.redactions;
    const written = write(page, hasAds, scrubber, tally);
    if (key.length <= MAX_KEY && tally.redactions === before) {
      if (kept.size >= MAX_KEPT) kept = new Map();
      kept.set(key, written);
    }
    return written;
  };
}

function write(
  { location, title, referrer }: PageContext,
  hasAds: boolean,
  scrubber: Scrubber,
  tally: Tally,
): PageColumns {
  const url = (address: string | null) =>
    address === null ? null : scrubber.url(hasAds ? address : withoutClickIds(address), tally);
  const scrubbed = url(location);
  const from = url(referrer);
  const { hostname, path, query } = splitAddress(scrubbed ?? '');
  const campaign = campaignOf(query);
  let columns =
    textColumn('page_location', scrubbed) +
    textColumn('page_hostname', hostname) +
    textColumn('page_path', path) +
    textColumn('page_title', title && scrubber.text(title, tally)) +
    textColumn('page_referrer', from);
  for (const name of CAMPAIGN_NAMES) columns += textColumn(name, campaign[name]);
  for (const name of hasAds ? CLICK_NAMES : []) columns += textColumn(name, campaign[name]);
  return { hostname, referrer: from, columns: flat(columns) };
}
