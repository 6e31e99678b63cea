/** Built files, read once: bytes, type, ETag, and a compressed form. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer, Head } from './http.js';

const compress = promisify(gzip);

export interface Asset {
  readonly bytes: Buffer;
  /** Null where compression gains nothing. */
  readonly gzipped: Buffer | null;
  readonly type: string;
  /** With its quotation marks. */
  readonly etag: string;
}

export interface Assets {
  /** stargate.js, or null where it has not been built. */
  readonly tracker: Asset | null;
  /** Path below dist/ui, such as index.html and assets/main-1a2b.js. */
  readonly ui: ReadonlyMap<string, Asset>;
}

export const NO_ASSETS: Assets = { tracker: null, ui: new Map() };

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Reads what the build wrote to `dist`; what is not there is null or absent. */
export async function loadAssets(dist: string): Promise<Assets> {
  const tracker = await asset(join(dist, 'tracker', 'stargate.js'));
  const root = join(dist, 'ui');
  const names = await readdir(root, { recursive: true }).catch(() => []);
  const ui = new Map<string, Asset>();
  for (const name of names) {
    const found = TYPES[extname(name)] ? await asset(join(root, name)) : null;
    if (found) ui.set(name.replaceAll('\\', '/'), found);
  }
  return { tracker, ui };
}

async function asset(path: string): Promise<Asset | null> {
  const bytes = await readFile(path).catch(() => null);
  return bytes && describe(bytes, TYPES[extname(path)] ?? 'application/octet-stream');
}

/** An asset from its bytes. */
export async function describe(bytes: Buffer, type: string): Promise<Asset> {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const gzipped = /^(text|application\/json|image\/svg)/.test(type) ? await compress(bytes) : null;
  return { bytes, type, etag, gzipped: gzipped && gzipped.length < bytes.length ? gzipped : null };
}

/** The asset as an answer to this request: 304 where the client has it, compressed where it may be. */
export function serve(found: Asset, head: Head, cacheControl: string, more: readonly string[] = []): Answer {
  const headers = [
    'content-type',
    found.type,
    'cache-control',
    cacheControl,
    'etag',
    found.etag,
    'x-content-type-options',
    'nosniff',
    'vary',
    'Accept-Encoding',
    ...more,
  ];
  const known = head.headers['if-none-match'];
  if (known !== undefined && (known === '*' || known.includes(found.etag)))
    return { status: 304, headers, body: '' };
  const zipped = found.gzipped && acceptsGzip(head.headers['accept-encoding']);
  if (!zipped) return { status: 200, headers, body: found.bytes };
  return { status: 200, headers: [...headers, 'content-encoding', 'gzip'], body: found.gzipped! };
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return typeof header === 'string' && /(^|[\s,])gzip\s*(?!;\s*q=0(\.0+)?\s*(,|$))/i.test(header);
}
