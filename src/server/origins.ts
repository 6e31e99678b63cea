/** Which origins a source allows. Origins are parsed and compared whole, never by substring. */
import { isIP } from 'node:net';
import { StargateError } from '../errors.js';

export type OriginTest = (origin: string) => boolean;

interface Wildcard {
  /** `https:`, or null for http and https. */
  readonly scheme: string | null;
  /** `.example.com` */
  readonly suffix: string;
  readonly port: string;
}

/**
 * Compiles a list of entries: `https://shop.example`, `https://*.example.com:8443`, an entry without scheme
 * (http and https), `null` (sandboxed frames, files) and `loopback` (any scheme and port of this machine).
 * `*.example.com` matches every depth below example.com, not example.com itself.
 * Errors: STG_CONFIG_INVALID for an entry that is none of these.
 */
export function compileOrigins(entries: readonly string[]): OriginTest {
  const exact = new Set<string>();
  const wildcards: Wildcard[] = [];
  let loopback = false;
  for (const entry of entries) {
    if (entry === 'null') exact.add('null');
    else if (entry === 'loopback') loopback = true;
    else addEntry(entry, exact, wildcards);
  }
  return (origin) => {
    if (exact.has(origin)) return true;
    if (wildcards.length === 0 && !loopback) return false;
    const url = parseOrigin(origin);
    if (!url) return false;
    return (loopback && isLoopbackName(url.hostname)) || wildcards.some((wildcard) => matches(wildcard, url));
  };
}

function addEntry(entry: string, exact: Set<string>, wildcards: Wildcard[]): void {
  const [scheme, rest] = entry.includes('://') ? entry.split('://', 2) : [null, entry];
  const wild = rest!.startsWith('*.');
  const schemes = scheme ? [scheme] : ['https', 'http'];
  const urls = schemes.map((each) => parseEntry(entry, `${each}://${wild ? rest!.slice(2) : rest}`));
  if (!wild) for (const url of urls) exact.add(url.origin);
  else
    for (const url of urls)
      wildcards.push({ scheme: url.protocol, suffix: `.${url.hostname}`, port: url.port });
}

function parseEntry(entry: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const bare =
    url && (url.pathname === '/' || url.pathname === '') && !url.search && !url.hash && !url.username;
  if (!bare || !/^https?:$/.test(url.protocol) || url.hostname.includes('*')) {
    throw new StargateError('STG_CONFIG_INVALID', {
      message: 'An allowed origin is not valid.',
      expected: 'https://shop.example, https://*.shop.example, loopback or null',
      got: entry,
    });
  }
  return url;
}

/** The URL of an Origin header in the one form in which browsers send it; else null. */
export function parseOrigin(origin: string): URL | null {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return null;
  const url = new URL(origin);
  return url.origin === origin ? url : null;
}

function matches({ scheme, suffix, port }: Wildcard, url: URL): boolean {
  return (scheme === null || url.protocol === scheme) && url.port === port && url.hostname.endsWith(suffix);
}

/** `localhost` and its subdomains, 127.0.0.0/8 and ::1, as `URL.hostname` writes them. */
export function isLoopbackName(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]' || hostname === '::1') return true;
  if (hostname.endsWith('.localhost')) return true;
  return hostname.startsWith('127.') && isIP(hostname) === 4;
}
