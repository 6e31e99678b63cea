import { type Kind, list } from './kinds.js';
import type { Place } from './place.js';

const EXPECTED = 'an origin such as https://www.example.com, https://*.example.com or www.example.com';
const LABEL = 'any-label';

/** `scheme://host[:port]` in the form that browsers send, with `*` for the labels in front; null when it is none. */
function normalise(entry: string): string | null {
  const wild = /^https?:\/\/\*\./i.test(entry);
  if (wild ? entry.replace('*', '').includes('*') : entry.includes('*')) return null;
  try {
    const url = new URL(wild ? entry.replace('*', LABEL) : entry);
    const bare = url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password;
    if (!bare || !/^https?:$/.test(url.protocol) || /[?#@]/.test(entry)) return null;
    // Some letters unfold into punctuation when a host is normalised.
    if (!/^(\[[0-9a-f:]+\]|[a-z0-9._-]+)$/.test(url.hostname)) return null;
    // A wildcard over a whole top-level domain lets in everybody.
    if (wild && url.hostname.split('.').length < 3) return null;
    return wild ? url.origin.replace(LABEL, '*') : url.origin;
  } catch {
    return null;
  }
}

/**
 * Allowed origins of one entry. Without a scheme (as Stargate 2.0 took it) both http and https are meant.
 * `null`, the origin of sandboxed frames and files, only counts where it is written out.
 */
export function readOrigin(entry: string, place: Place): readonly string[] | undefined {
  if (entry === 'null') return ['null'];
  if (entry === '*')
    return place.refuse(EXPECTED, entry, 'List the sites that may send; * is never allowed.');
  const spelled = /^[a-z][a-z0-9+.-]*:\/\//i.test(entry) ? [entry] : [`https://${entry}`, `http://${entry}`];
  const found = spelled.map(normalise);
  return found.includes(null) ? place.refuse(EXPECTED, entry) : (found as string[]);
}

/** Quotes that an env file left around the whole text. */
function unquote(text: string): string {
  const match = /^(['"])([\s\S]*)\1$/.exec(text.trim());
  return match && !match[2]!.includes(match[1]!) ? match[2]!.trim() : text.trim();
}

/**
 * A list in a string: `a,b`, a JSON array or a Python list (single quotes, a comma behind the last entry),
 * each perhaps quoted as a whole. Never throws: what is no list is one odd entry, refused later by name.
 */
export function splitList(raw: string): readonly string[] {
  const body = unquote(raw);
  try {
    const parsed: unknown = JSON.parse(body);
    if (Array.isArray(parsed)) return parsed.map((entry) => String(entry).trim()).filter(Boolean);
  } catch {
    // Python spelling, or plain text.
  }
  const inner = /^[[(]([\s\S]*)[\])]$/.exec(body)?.[1] ?? body;
  return [...inner.matchAll(/'([^']*)'|"([^"]*)"|([^\s,'"]+)/g)]
    .map(([, single, double, plain]) => (single ?? double ?? plain ?? '').trim())
    .filter(Boolean);
}

/** The schema is looser than the reader: what a host may be is not worth a regular expression. */
export const ORIGIN_SCHEMA = { type: 'string', minLength: 1 } as const;

export const origins: Kind<readonly string[]> = list(
  'URL[,URL]',
  `a list of origins, each ${EXPECTED}`,
  ORIGIN_SCHEMA,
  splitList,
  readOrigin,
);
