/** Stand-in until the real one is merged: e-mail addresses, and a few key names. */
import type { ScrubPolicy } from './source.js';

export interface Tally {
  redactions: number;
}

export interface Scrubber {
  tree(value: unknown, tally: Tally): unknown;
  text(text: string, tally: Tally): string;
  url(url: string, tally: Tally): string;
}

const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g;
const KEYS = /^(?:e-?mail|phone|telefone|cpf|password|senha)$/i;

export function createScrubber(_policy: ScrubPolicy): Scrubber {
  const text = (value: string, tally: Tally): string =>
    value.includes('@')
      ? value.replace(EMAIL, () => {
          tally.redactions++;
          return '[email]';
        })
      : value;
  const tree = (value: unknown, tally: Tally): unknown => {
    if (typeof value === 'string') return text(value, tally);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => tree(item, tally));
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        if (!KEYS.test(key) || typeof inner !== 'string') return [key, tree(inner, tally)];
        tally.redactions++;
        return [key, `[${key.toLowerCase()}]`];
      }),
    );
  };
  return { tree, text, url: text };
}
