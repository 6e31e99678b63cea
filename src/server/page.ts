/** What every HTML page of ours is sent with: nothing from elsewhere, nothing inline but what is hashed. */
import { createHash } from 'node:crypto';
import type { Answer } from './http.js';

const POLICY = [
  "default-src 'none'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
];

export interface PagePolicy {
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
}

/** Security headers; `scripts` and `styles` are sources such as 'self' or a hash, in their quotation marks. */
export function pageHeaders({ scripts = [], styles = [] }: PagePolicy): string[] {
  const list = (name: string, sources: readonly string[]) =>
    sources.length > 0 ? [`${name} ${sources.join(' ')}`] : [];
  const policy = [...POLICY, ...list('script-src', scripts), ...list('style-src', styles)];
  return [
    'content-security-policy',
    policy.join('; '),
    'x-frame-options',
    'DENY',
    'referrer-policy',
    // Within, so that the demo shop's events know where the visitor came from; nothing to others.
    'same-origin',
    'cross-origin-opener-policy',
    'same-origin',
  ];
}

export function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** A whole page whose one style sheet stands in it. */
export function staticPage(html: string, style: string): Answer {
  const headers = [
    'content-type',
    'text/html; charset=utf-8',
    'cache-control',
    'no-cache',
    'x-content-type-options',
    'nosniff',
    ...pageHeaders({ styles: [hashSource(style)] }),
  ];
  return { status: 200, headers, body: Buffer.from(html) };
}

export function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character]!);
}
