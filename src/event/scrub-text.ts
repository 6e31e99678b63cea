import type { Judge, Verdict } from './scrub-keys.js';
import type { Mask } from './scrub-rules.js';
import {
  type Digits,
  ENCODED,
  EQUALS,
  isPlaceholder,
  look,
  scrubValues,
  type Tally,
} from './scrub-values.js';

/** How often a text may hold another one: an address in a parameter, JSON in a string. */
const MAX_NESTING = 3;
const ANY_DIGITS: Digits = { isDigitsExempt: false, isPersonId: false };
/** Texts that say that there is nothing. */
const NOTHING = /^(?:true|false|null|undefined|none|n\/a|\(?not set\)?)?$/i;
const HASH = /^(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{64})$/i;
/** Beside one of these, a bare name is a person's. */
const IDENTIFYING: ReadonlySet<Mask | null> = new Set<Mask>([
  '[email]',
  '[phone]',
  '[cpf]',
  '[name]',
  '[id]',
]);

/** Whether a text under a personal key goes: not where nothing is there, or too little for a weak rule. */
export function isRemoved(text: string, verdict: Pick<Verdict, 'digits' | 'hash'>): boolean {
  if (NOTHING.test(text) || isPlaceholder(text)) return false;
  if (verdict.hash) return HASH.test(text);
  return verdict.digits === 0 || text.replace(/\D/g, '').length >= verdict.digits;
}

/** Whether what stood, or stands, under a key is a person's, so that a name beside it is one's too. */
export const isIdentifying = (mask: Mask | null, before: unknown, after: unknown): boolean =>
  IDENTIFYING.has(mask) && (before !== after || (typeof before === 'string' && isPlaceholder(before)));

/** `rules`: what the text's own key says about digits in it. `nesting`: how many texts it is inside of. */
export type ScrubText = (text: string, tally: Tally, rules?: Digits, nesting?: number) => string;
export type ScrubTree = (value: unknown, tally: Tally, nesting: number) => unknown;

/** What ends a value in a query, a cookie, a form body or markup. */
const VALUE_END = /[&#;"<>\r\n]/g;
const MAX_KEY = 64;

const isKeyUnit = (unit: number): boolean =>
  (unit >= 97 && unit <= 122) ||
  (unit >= 65 && unit <= 90) ||
  (unit >= 48 && unit <= 57) ||
  unit === 95 || // _
  unit === 45 || // -
  unit === 46 || // .
  unit === 91 || // [
  unit === 93 || // ]
  unit === 37 || // %
  unit >= 128;

/** The key in front of the equals sign at `at`; empty where there is none. */
function keyBefore(text: string, at: number): string {
  let start = at;
  while (start > 0 && at - start < MAX_KEY && isKeyUnit(text.charCodeAt(start - 1))) start--;
  return decodeLoosely(text.slice(start, at));
}

/** Percent-decodes what can be decoded, and leaves the rest. */
function decodeLoosely(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    }
  });
}

const encode = (text: string): string =>
  encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd')).replace(/%5B(\w+)%5D/g, '[$1]');

interface Parameter {
  /** Where the value starts and ends. */
  readonly start: number;
  readonly end: number;
  readonly verdict: Verdict;
  /** The text for its place; null to scrub it as any other text, under the key's rules. */
  readonly mask: Mask | null;
}

/** The parameters of a text, wherever they stand in it, whose key says something about their value. */
function findParameters(text: string, judge: Judge): Parameter[] {
  const found: Parameter[] = [];
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
    const key = keyBefore(text, at);
    const verdict = key === '' ? null : judge(key);
    if (verdict === null || verdict.isPlain) continue;
    VALUE_END.lastIndex = at + 1;
    const end = VALUE_END.exec(text)?.index ?? text.length;
    const isGone = verdict.mask !== null && isRemoved(decodeLoosely(text.slice(at + 1, end)), verdict);
    found.push({ start: at + 1, end, verdict, mask: isGone ? verdict.mask : null });
    at = end - 1;
  }
  return found;
}

/** A name beside somebody's e-mail or phone number is that somebody's. */
function nameThePeople(found: Parameter[], text: string): Parameter[] {
  const isAbout = found.some(({ verdict, mask, start, end }) =>
    isIdentifying(verdict.mask, text.slice(start, end), mask ?? text.slice(start, end)),
  );
  if (!isAbout) return found;
  return found.map((parameter) => {
    const value = text.slice(parameter.start, parameter.end);
    const isName = parameter.verdict.isContextual && !NOTHING.test(value) && !isPlaceholder(value);
    return isName ? { ...parameter, mask: '[name]' } : parameter;
  });
}

const PAIRS = /"([^"\\]{1,64})"(\s{0,4}:\s{0,4})("[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.]*)/g;

/** Scrubs texts of any kind: values that give themselves away, parameters by key, JSON and encoded texts inside. */
export function createTextScrubber(judge: Judge, tree: ScrubTree): ScrubText {
  function text(given: string, tally: Tally, rules: Digits = ANY_DIGITS, nesting = 0): string {
    const first = given.charCodeAt(0);
    const mayNest = (first === 123 || first === 91) && nesting < MAX_NESTING;
    const flags = look(given);
    if (flags === 0 && !mayNest) return given;
    const plain = mayNest ? json(given, tally, nesting) : given;
    if (plain !== given || flags === 0) return plain;
    return flags & EQUALS
      ? parameters(given, flags, tally, rules, nesting)
      : piece(given, flags, tally, rules, nesting);
  }

  /** JSON in a string is scrubbed as a tree; where it was cut, pair by pair. */
  function json(given: string, tally: Tally, nesting: number): string {
    if (!/^(?:\{\s*["}]|\[\s*["{[\d\]tfn-])/.test(given)) return given;
    try {
      const parsed: unknown = JSON.parse(given);
      const scrubbed = tree(parsed, tally, nesting + 1);
      return scrubbed === parsed ? given : JSON.stringify(scrubbed);
    } catch {
      return given.replace(PAIRS, (pair, key: string, colon: string, value: string) => {
        const verdict = judge(key);
        if (verdict.mask === null || !isRemoved(value.replace(/^"|"$/g, ''), verdict)) return pair;
        tally.redactions++;
        return `"${key}"${colon}"${verdict.mask}"`;
      });
    }
  }

  function parameters(given: string, flags: number, tally: Tally, rules: Digits, nesting: number): string {
    let out = '';
    let last = 0;
    for (const { start, end, verdict, mask } of nameThePeople(findParameters(given, judge), given)) {
      if (mask !== null) tally.redactions++;
      const value = given.slice(start, end);
      out += piece(given.slice(last, start), flags, tally, rules, nesting);
      out += mask ?? (verdict.isAllowed ? value : inner(value, flags, tally, verdict, nesting + 1));
      last = end;
    }
    return out + piece(given.slice(last), flags, tally, rules, nesting);
  }

  /** A value may hold parameters of its own: `next=/?email=x`. */
  function inner(given: string, flags: number, tally: Tally, rules: Digits, nesting: number): string {
    return nesting < MAX_NESTING
      ? text(given, tally, rules, nesting)
      : piece(given, flags, tally, rules, nesting);
  }

  function piece(given: string, flags: number, tally: Tally, rules: Digits, nesting: number): string {
    const out = scrubValues(given, flags, rules, tally);
    if (!(flags & ENCODED) || nesting >= MAX_NESTING || !out.includes('%')) return out;
    return out
      .split(/([\s&=?#/"'<>;]+)/)
      .map((part) => (/%[\da-f]{2}/i.test(part) ? encoded(part, tally, rules, nesting + 1) : part))
      .join('');
  }

  function encoded(given: string, tally: Tally, rules: Digits, nesting: number): string {
    const decoded = decodeLoosely(given);
    const scrubbed = text(decoded, tally, rules, nesting);
    return scrubbed === decoded ? given : encode(scrubbed);
  }

  return text;
}
