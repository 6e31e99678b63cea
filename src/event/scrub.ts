import { createJudge } from './scrub-keys.js';
import { createTextScrubber, type ScrubText } from './scrub-text.js';
import { createTreeScrubber } from './scrub-tree.js';
import type { Tally } from './scrub-values.js';
import type { ScrubPolicy } from './source.js';

export type { Tally } from './scrub-values.js';

/**
 * Removes personal data (events.md §4) and counts in the tally what it removed. What needs no change comes back
 * as it is, the same object; what does is copied. Scrubbing twice changes nothing more.
 */
export interface Scrubber {
  /** A sanitised JSON tree: by keys and by values. */
  tree(value: unknown, tally: Tally): unknown;
  /** A text without a key: a title, a label, the raw text of something rejected. */
  text(text: string, tally: Tally): string;
  /** An address: user and password, query and fragment by keys and values, path by values. */
  url(url: string, tally: Tally): string;
}

/** A scrubber for one source. Keep it: it remembers what it decided about keys. */
export function createScrubber(policy: ScrubPolicy): Scrubber {
  const judge = createJudge(policy);
  const scrubText: ScrubText = createTextScrubber(judge, (value, tally, nesting) =>
    tree(value, tally, nesting),
  );
  const tree = createTreeScrubber(judge, scrubText);
  return {
    tree: (value, tally) => tree(value, tally, 0),
    text: (text, tally) => scrubText(text, tally),
    // An address is a text with parameters in it, and so is many a text.
    url: (url, tally) => scrubText(url, tally),
  };
}
