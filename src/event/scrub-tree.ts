import { isCard, isCnpj, isCpf } from './scrub-checks.js';
import type { Judge, Verdict } from './scrub-keys.js';
import type { Mask } from './scrub-rules.js';
import { isIdentifying, isRemoved, type ScrubText, type ScrubTree } from './scrub-text.js';
import type { Digits, Tally } from './scrub-values.js';

type Bag = Record<string, unknown>;
type About = 'person' | 'goods' | null;

/** Deeper than anything that the pre-scan lets in. */
const MAX_LEVEL = 64;
/** No card number is smaller. */
const SMALLEST_CARD = 1e13;
/** Where the other half of `{name: 'email', value: …}` may stand. */
const LABELS = ['name', 'nome', 'key', 'field', 'label', 'id'] as const;
const MAX_LABEL = 128;
const EXEMPT: Digits = { isDigitsExempt: true, isPersonId: false };

/** A verdict that says what takes the value's place, and how much a value must look like a datum for that. */
type Removal = Pick<Verdict, 'digits' | 'hash'> & { readonly mask: Mask };
const FORM_VALUE: Removal = { mask: '[removed]', digits: 0, hash: false };
const isRemoval = (verdict: Verdict): verdict is Verdict & Removal => verdict.mask !== null;

interface Walk {
  readonly tally: Tally;
  readonly nesting: number;
  level: number;
}

function count(walk: Walk, mask: Mask): Mask {
  walk.tally.redactions++;
  return mask;
}

/** A number that is a card, or as somebody's id a CPF or CNPJ, whose leading zeros a number has lost. */
function maskOfNumber(value: number, rules: Digits): Mask | null {
  if (!Number.isSafeInteger(value) || value < 0 || rules.isDigitsExempt) return null;
  const digits = String(value);
  if (isCard(digits)) return '[card]';
  if (!rules.isPersonId) return null;
  if (isCpf(digits.padStart(11, '0'))) return '[cpf]';
  return isCnpj(digits.padStart(14, '0')) ? '[cnpj]' : null;
}

const isEmpty = (value: object): boolean => {
  for (const _ in value) return false;
  return true;
};

/** What an object under a key is about, given what the key's own object is about. */
const aboutOf = (verdict: Verdict, around: About): About =>
  verdict.about === 'same' ? around : (verdict.about ?? (around === 'goods' ? around : null));

/** Scrubs JSON trees by their keys, and the texts in them by `text`. */
export function createTreeScrubber(judge: Judge, text: ScrubText): ScrubTree {
  const root = judge('');

  /** `around`: what the object that holds the value is about. */
  function scrub(value: unknown, verdict: Verdict, around: About, walk: Walk): unknown {
    if (typeof value === 'string') return scrubText(value, verdict, around, walk);
    if (typeof value === 'number') return scrubNumber(value, verdict, around, walk);
    if (typeof value !== 'object' || value === null) return value;
    if (walk.level >= MAX_LEVEL) return count(walk, '[removed]');
    walk.level++;
    const out = Array.isArray(value)
      ? scrubList(value, verdict, around, walk)
      : scrubRecord(value as Bag, verdict, aboutOf(verdict, around), walk);
    walk.level--;
    return out;
  }

  const rulesOf = (verdict: Verdict, around: About): Digits =>
    around === 'goods' && verdict.words === 'id' ? EXEMPT : verdict;

  function scrubText(value: string, verdict: Verdict, around: About, walk: Walk): string {
    if (verdict.isAllowed) return value;
    return text(value, walk.tally, rulesOf(verdict, around), walk.nesting);
  }

  function scrubNumber(value: number, verdict: Verdict, around: About, walk: Walk): unknown {
    if ((value < SMALLEST_CARD && !verdict.isPersonId) || verdict.isAllowed) return value;
    const mask = maskOfNumber(value, rulesOf(verdict, around));
    return mask === null ? value : count(walk, mask);
  }

  function scrubList(list: unknown[], verdict: Verdict, around: About, walk: Walk): unknown[] {
    let copy: unknown[] | null = null;
    for (let at = 0; at < list.length; at++) {
      const item = list[at];
      const clean = scrub(item, verdict, around, walk);
      if (clean === item) continue;
      copy ??= list.slice();
      copy[at] = clean;
    }
    return copy ?? list;
  }

  function scrubRecord(bag: Bag, parent: Verdict, about: About, walk: Walk): Bag {
    let copy: Bag | null = null;
    let contextual: string[] | null = null;
    let isPerson = about === 'person';
    let isRenamed = false;
    for (const key in bag) {
      const value = bag[key];
      const verdict = judge(key);
      const removal = verdict.isPlain ? null : removalOf(verdict, parent, bag);
      const clean =
        removal === null ? scrub(value, verdict, about, walk) : remove(value, removal, verdict, about, walk);
      if (verdict.isContextual) {
        contextual ??= [];
        contextual.push(key);
      }
      isPerson ||= removal !== null && !verdict.isValue && isIdentifying(removal.mask, value, clean);
      isRenamed ||= verdict.isRenamed;
      if (clean === value) continue;
      copy ??= { ...bag };
      copy[key] = clean;
    }
    if (contextual !== null && isPerson && about !== 'goods') copy = removeNames(bag, copy, contextual, walk);
    return isRenamed ? rename(copy ?? bag, walk) : (copy ?? bag);
  }

  /** What a key's value gets here, by the key itself, the key above, or the label beside. */
  function removalOf(verdict: Verdict, parent: Verdict, bag: Bag): Removal | null {
    if (isRemoval(verdict)) return verdict;
    const below = verdict.below?.get(parent.words);
    if (below !== undefined) return { mask: below, digits: 0, hash: false };
    if (!verdict.isValue) return null;
    const said = judgeLabel(bag);
    if (said !== null) return said;
    return parent.isForm ? FORM_VALUE : null;
  }

  function judgeLabel(bag: Bag): Removal | null {
    for (const key of LABELS) {
      const label = bag[key];
      if ((typeof label !== 'string' && typeof label !== 'number') || label === '') continue;
      const verdict = judge(String(label).slice(0, MAX_LABEL));
      return isRemoval(verdict) ? verdict : null;
    }
    return null;
  }

  /** The mask in the value's place; empty values and booleans say nothing about anybody and stay. */
  function remove(value: unknown, removal: Removal, verdict: Verdict, about: About, walk: Walk): unknown {
    const isWeak = removal.digits > 0 || removal.hash;
    if (typeof value === 'string' || typeof value === 'number') {
      if (isRemoved(String(value), removal)) return count(walk, removal.mask);
      return isWeak ? scrub(value, verdict, about, walk) : value;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (isWeak) return scrub(value, verdict, about, walk);
    return isEmpty(value) ? value : count(walk, removal.mask);
  }

  function removeNames(bag: Bag, given: Bag | null, keys: readonly string[], walk: Walk): Bag | null {
    let copy = given;
    for (const key of keys) {
      const value = (copy ?? bag)[key];
      if (typeof value !== 'string' || !isRemoved(value, judge(key))) continue;
      copy ??= { ...bag };
      copy[key] = count(walk, '[name]');
    }
    return copy;
  }

  /** The same members under keys without personal data; a number keeps apart what became equal. */
  function rename(bag: Bag, walk: Walk): Bag {
    const renamed: Bag = {};
    for (const key in bag) {
      const { name } = judge(key);
      if (name !== key) count(walk, '[removed]');
      let unique = name;
      for (let again = 2; unique in renamed; again++) unique = `${name}${again}`;
      renamed[unique] = bag[key];
    }
    return renamed;
  }

  return (value, tally, nesting) => scrub(value, root, null, { tally, nesting, level: 0 });
}
