import {
  ABOUT,
  CONTEXTUAL,
  DIGITS_EXEMPT,
  FORMS,
  GOODS,
  KEY_RULES,
  type Mask,
  NOT_PERSONAL,
  PATH_RULES,
  PEOPLE,
  PERSON_IDS,
  QUESTION,
  STEMS,
  WRAPPERS,
} from './scrub-rules.js';
import { look, scrubValues } from './scrub-values.js';
import type { ScrubPolicy } from './source.js';

/** What a key says about its value. */
export interface Verdict {
  /** The key's words with one space between. */
  readonly words: string;
  /** The text that takes the value's place; null where the key is not personal. */
  readonly mask: Mask | null;
  /** Digits that a value needs before the mask applies; 0 for any value. */
  readonly digits: number;
  readonly hash: boolean;
  /** A name of somebody or something, as its surroundings say. */
  readonly isContextual: boolean;
  /** Masks that apply below a parent with the given words. */
  readonly below: ReadonlyMap<string, Mask> | null;
  /** What an object under the key is about. */
  readonly about: 'person' | 'goods' | 'same' | null;
  readonly isForm: boolean;
  /** The value of a pair such as `{name: 'email', value: …}`. */
  readonly isValue: boolean;
  readonly isDigitsExempt: boolean;
  readonly isPersonId: boolean;
  /** The source's policy leaves the key and its text alone. */
  readonly isAllowed: boolean;
  /** Nothing of the above: the value is scrubbed as any text. */
  readonly isPlain: boolean;
  /** The key without personal data of its own, which it nearly always is already. */
  readonly name: string;
  readonly isRenamed: boolean;
}

export type Judge = (key: string) => Verdict;

/** Longer keys are judged by their beginning, and not remembered. */
const MAX_KEY = 128;
const MAX_REMEMBERED = 4096;

const isUpper = (unit: number): boolean => unit >= 65 && unit <= 90;
const isLower = (unit: number): boolean => unit >= 97 && unit <= 122;
const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** Kinds of neighbours in a word: letters go together, digits go together, anything else separates. */
const kind = (unit: number): number => (isUpper(unit) || isLower(unit) ? 1 : isDigit(unit) ? 2 : 0);

/** Whether a new word starts at `at`: `orderId`, `CPFCliente`, `address2`, `_`. */
function startsWord(key: string, at: number): boolean {
  const unit = key.charCodeAt(at);
  const before = key.charCodeAt(at - 1);
  if (kind(unit) !== kind(before)) return true;
  return isUpper(unit) && (isLower(before) || isLower(key.charCodeAt(at + 1)));
}

/** Lower-case words of a key: `customerBillingE-mail2` gives customer, billing, e, mail, 2. */
export function splitWords(key: string): string[] {
  const plain = /^[\0-\x7f]*$/.test(key) ? key : key.normalize('NFD').replace(/\p{M}/gu, '');
  const words: string[] = [];
  let start = 0;
  for (let at = 1; at <= plain.length; at++) {
    if (at < plain.length && !startsWord(plain, at)) continue;
    if (kind(plain.charCodeAt(start)) !== 0) pushWord(words, plain.slice(start, at).toLowerCase());
    start = at;
  }
  return words;
}

function pushWord(words: string[], word: string): void {
  const stem = word.length > 5 ? STEMS.exec(word) : null;
  if (stem === null || stem[0] === word) words.push(word);
  else {
    if (stem.index > 0) words.push(word.slice(0, stem.index));
    words.push(stem[0]);
    const rest = word.slice(stem.index + stem[0].length);
    if (rest !== '') words.push(rest);
  }
}

/** Phrases by their first word, each with what it stands for. */
class Phrases<T> {
  readonly #byFirst = new Map<string, { words: string[]; whole: boolean; start: boolean; value: T }[]>();

  add(phrase: string, value: T): void {
    const words = splitWords(phrase);
    const [first] = words;
    if (first === undefined) return;
    const entries = this.#byFirst.get(first) ?? [];
    entries.push({ words, whole: phrase.startsWith('='), start: phrase.endsWith('*'), value });
    this.#byFirst.set(first, entries);
  }

  /** Every match: where it ends, and what it stands for. */
  *match(words: readonly string[]): Generator<{ end: number; start: boolean; value: T }> {
    for (let at = 0; at < words.length; at++) {
      for (const entry of this.#byFirst.get(words[at]!) ?? []) {
        const end = at + entry.words.length;
        if (entry.whole && (at > 0 || end < words.length)) continue;
        if (entry.start && at > 0) continue;
        if (entry.words.every((word, index) => words[at + index] === word)) {
          yield { end, start: entry.start, value: entry.value };
        }
      }
    }
  }

  has(words: readonly string[]): boolean {
    return !this.match(words).next().done;
  }
}

function phrases(list: readonly string[]): Phrases<true> {
  const found = new Phrases<true>();
  for (const phrase of list) found.add(phrase, true);
  return found;
}

interface Removal {
  readonly order: number;
  readonly mask: Mask;
  readonly digits: number;
  readonly hash: boolean;
}

const removals = new Phrases<Removal>();
for (const [order, { keys, mask, digits = 0, hash = false }] of KEY_RULES.entries()) {
  for (const key of keys) removals.add(key, { order, mask, digits, hash });
}
const things = phrases(NOT_PERSONAL);
const contextual = phrases(CONTEXTUAL);
const exempt = phrases(DIGITS_EXEMPT);
const personIds = phrases(PERSON_IDS);
const forms = phrases(FORMS);
const people = new Set(PEOPLE);
const goods = phrases(GOODS);
const wrappers = new Set(WRAPPERS);

/** The built-in rule that decides about the words, if any. */
function findRemoval(words: readonly string[]): Removal | null {
  if (QUESTION.has(words[0]!) || things.has(words)) return null;
  let best: Removal | null = null;
  for (const { end, start, value } of removals.match(words)) {
    if (best !== null && best.order <= value.order) continue;
    if (start || !words.slice(end).some((word) => ABOUT.has(word))) best = value;
  }
  return best;
}

function aboutWhat(words: readonly string[]): Verdict['about'] {
  let last = words.length - 1;
  while (last >= 0 && wrappers.has(words[last]!)) last--;
  if (last < 0) return words.length > 0 ? 'same' : null;
  if (people.has(words[last]!)) return 'person';
  return goods.has(words) ? 'goods' : null;
}

/** A key may itself be an e-mail address or a number. */
function cleanName(key: string): string {
  const flags = look(key);
  return flags === 0
    ? key
    : scrubValues(key, flags, { isDigitsExempt: false, isPersonId: false }, { redactions: 0 });
}

/** Judges keys by the built-in rules and a source's own; remembers what it said, within bounds. */
export function createJudge(policy: ScrubPolicy): Judge {
  const allowed = new Set(policy.allow.map((key) => splitWords(key).join(' ')));
  const added = phrases(policy.keys);
  const below = new Map<string, Map<string, Mask>>();
  const paths = [...PATH_RULES, ...policy.keys.map((path) => ({ mask: '[removed]' as const, path }))];
  for (const { mask, path } of paths) {
    const dot = path.lastIndexOf('.');
    if (dot < 1) continue;
    const [parent, child] = [path.slice(0, dot), path.slice(dot + 1)].map((part) =>
      splitWords(part).join(' '),
    );
    below.set(child!, (below.get(child!) ?? new Map()).set(parent!, mask));
  }

  function judge(key: string): Verdict {
    const words = splitWords(key.slice(0, MAX_KEY));
    const joined = words.join(' ');
    const isAllowed = allowed.has(joined);
    const removal = isAllowed ? null : findRemoval(words);
    const isAdded = !isAllowed && added.has(words);
    const says = {
      mask: removal?.mask ?? (isAdded ? ('[removed]' as const) : null),
      isContextual: !isAllowed && contextual.has(words),
      below: (!isAllowed && below.get(joined)) || null,
      isValue: joined === 'value' || joined === 'valor',
      isDigitsExempt: exempt.has(words),
      isPersonId: personIds.has(words),
      isAllowed,
    };
    const name = cleanName(key);
    return {
      ...says,
      isPlain: !Object.values(says).some(Boolean),
      words: joined,
      digits: isAdded ? 0 : (removal?.digits ?? 0),
      hash: !isAdded && (removal?.hash ?? false),
      about: aboutWhat(words),
      isForm: forms.has(words),
      name,
      isRenamed: name !== key,
    };
  }

  let remembered = new Map<string, Verdict>();
  return (key) => {
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const verdict = judge(key);
    // Starting afresh bounds the memory; the keys of real events are back within one event each.
    if (remembered.size >= MAX_REMEMBERED) remembered = new Map();
    // The copy lets go of the address or body that the key was sliced from.
    if (key.length <= MAX_KEY) remembered.set(` ${key}`.slice(1), verdict);
    return verdict;
  };
}
