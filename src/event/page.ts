/** Host, path and campaign of a page's address. Hostile texts are the rule here: nothing throws, all is linear. */

const ADDRESS = /^https?:\/\/(?:[^/?#@\\]*@)?([^/?#:@\\[\]]+|\[[\da-f:.]+\])(?::\d+)?([^?#]*)(\?[^#]*)?/i;

export interface Address {
  readonly hostname: string | null;
  readonly path: string | null;
  /** From the question mark on, without the fragment; empty where there is none. */
  readonly query: string;
}

/** Splits an http address. What is none gives nulls. */
export function splitAddress(location: string): Address {
  const found = ADDRESS.exec(location);
  if (found === null) return { hostname: null, path: null, query: '' };
  return { hostname: found[1]!.toLowerCase(), path: found[2] || '/', query: found[3] ?? '' };
}

export const CAMPAIGN_NAMES = [
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
] as const;
export const CLICK_NAMES = ['gclid', 'fbclid'] as const;

type QueryName = (typeof CAMPAIGN_NAMES)[number] | (typeof CLICK_NAMES)[number];
export type Campaign = Readonly<Partial<Record<QueryName, string>>>;

const QUERY_NAMES: readonly QueryName[] = [...CAMPAIGN_NAMES, ...CLICK_NAMES];
/** Ids that advertising networks add to a link, and Google's cross-domain linker. */
const CLICK_IDS =
  /(?<=[?&#;])(?:gclid|gclsrc|gbraid|wbraid|dclid|fbclid|msclkid|ttclid|twclid|li_fat_id|yclid|_gl|_ga)=[^&#;]*&?/g;
const HAS_CLICK_ID = /clid|braid=|li_fat_id=|[?&#;]_g[la]=/;

/** Campaign and click ids of a query; of a name given twice the first counts. */
export function campaignOf(query: string): Campaign {
  const found: Partial<Record<QueryName, string>> = {};
  if (!query.includes('utm_') && !query.includes('clid=')) return found;
  for (const name of QUERY_NAMES) {
    const text = parameter(query, `${name}=`);
    if (text !== '') found[name] = decode(text);
  }
  return found;
}

/** Text behind the first `start` that begins a parameter, or nothing. */
function parameter(query: string, start: string): string {
  let at = query.indexOf(start);
  while (at > 1 && query.charCodeAt(at - 1) !== 0x26) at = query.indexOf(start, at + 1);
  if (at < 0) return '';
  const end = query.indexOf('&', at);
  return query.slice(at + start.length, end < 0 ? undefined : end);
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** The address without click ids, for visitors who did not allow storage for advertising. */
export function withoutClickIds(location: string): string {
  if (!HAS_CLICK_ID.test(location)) return location;
  return location
    .replace(CLICK_IDS, '')
    .replace(/[?&]+(?=#|$)/, '')
    .replace(/[#;]$/, '');
}
