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
/** The engine copies shorter slices; longer ones hold on to the whole text. */
const MAX_COPIED = 13;

const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
const KINDS = new Uint8Array(128).fill(LOWER, 97, 123).fill(UPPER, 65, 91).fill(DIGIT, 48, 58);

/** Lower-case words of a key: `customerBillingE-mail2` gives customer, billing, e, mail, 2. */
export function splitWords(key: string): string[] {
  const words: string[] = [];
  let start = 0;
  let before = 0;
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    if (unit >= 128) return splitWords(toAscii(key));
    const kind = KINDS[unit]!;
    if (kind === before) continue;
    // The last capital of an acronym starts the next word: CPFCliente.
    const isCapital = kind === LOWER && before === UPPER;
    const end = isCapital ? at - 1 : at;
    if (before !== 0 && end > start) pushWord(words, key.slice(start, end).toLowerCase());
    start = end;
    before = kind;
  }
  if (before !== 0) pushWord(words, key.slice(start).toLowerCase());
  return words;
}

/** Without accents; what then is no ASCII letter separates words. */
const toAscii = (key: string): string =>
  key
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\0-\x7f]/g, '_');

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

/** What a phrase of the rules says about a key that holds it. */
type Meaning =
  | { readonly kind: 'exempt' | 'personId' | 'contextual' | 'form' | 'goods' | 'thing' | 'added' }
  | {
      readonly kind: 'removal';
      readonly order: number;
      readonly mask: Mask;
      readonly digits: number;
      readonly hash: boolean;
    };
type Removal = Extract<Meaning, { kind: 'removal' }>;

interface Phrase {
  readonly words: readonly string[];
  /** The phrase is the whole key, or its start. */
  readonly isWhole: boolean;
  readonly isStart: boolean;
  readonly meaning: Meaning;
}

interface Match {
  readonly phrase: Phrase;
  /** The word behind the phrase. */
  readonly end: number;
}

/** Phrases by their first word: a key that holds none of these words costs one look-up a word. */
type Lexicon = Map<string, Phrase[]>;

function define(lexicon: Lexicon, phrases: readonly string[], meaning: Meaning): void {
  for (const phrase of phrases) {
    const words = splitWords(phrase);
    if (words.length === 0) continue;
    const entry = { words, isWhole: phrase.startsWith('='), isStart: phrase.endsWith('*'), meaning };
    lexicon.set(words[0]!, [...(lexicon.get(words[0]!) ?? []), entry]);
  }
}

const BUILT_IN: Lexicon = new Map();
for (const [order, { keys, mask, digits = 0, hash = false }] of KEY_RULES.entries()) {
  define(BUILT_IN, keys, { kind: 'removal', order, mask, digits, hash });
}
define(BUILT_IN, NOT_PERSONAL, { kind: 'thing' });
define(BUILT_IN, CONTEXTUAL, { kind: 'contextual' });
define(BUILT_IN, DIGITS_EXEMPT, { kind: 'exempt' });
define(BUILT_IN, PERSON_IDS, { kind: 'personId' });
define(BUILT_IN, FORMS, { kind: 'form' });
define(BUILT_IN, GOODS, { kind: 'goods' });
const people = new Set(PEOPLE);
const wrappers = new Set(WRAPPERS);
const NO_MATCH: readonly Match[] = [];

function matchesOf(lexicon: Lexicon, words: readonly string[]): readonly Match[] {
  let found: Match[] | null = null;
  for (let at = 0; at < words.length; at++) {
    const phrases = lexicon.get(words[at]!);
    if (phrases === undefined) continue;
    for (const phrase of phrases) {
      const end = at + phrase.words.length;
      if (phrase.isWhole ? at > 0 || end < words.length : phrase.isStart && at > 0) continue;
      if (!phrase.words.every((word, index) => words[at + index] === word)) continue;
      found ??= [];
      found.push({ phrase, end });
    }
  }
  return found ?? NO_MATCH;
}

/** The first rule among the matches, unless the key only speaks about the datum. */
function removalOf(matches: readonly Match[], words: readonly string[]): Removal | null {
  let best: Removal | null = null;
  for (const { phrase, end } of matches) {
    const { meaning, isStart } = phrase;
    if (meaning.kind === 'thing') return null;
    if (meaning.kind !== 'removal' || (best !== null && best.order <= meaning.order)) continue;
    if (isStart || !words.slice(end).some((word) => ABOUT.has(word))) best = meaning;
  }
  return best !== null && QUESTION.has(words[0]!) ? null : best;
}

function aboutOf(matches: readonly Match[], words: readonly string[]): Verdict['about'] {
  let last = words.length - 1;
  while (last >= 0 && wrappers.has(words[last]!)) last--;
  if (last < 0) return words.length > 0 ? 'same' : null;
  if (people.has(words[last]!)) return 'person';
  return says(matches, 'goods') ? 'goods' : null;
}

const says = (matches: readonly Match[], kind: Meaning['kind']): boolean =>
  matches.some(({ phrase }) => phrase.meaning.kind === kind);

/** A key may itself be an e-mail address or a number. */
function cleanName(key: string): string {
  const flags = look(key);
  return flags === 0
    ? key
    : scrubValues(key, flags, { isDigitsExempt: false, isPersonId: false }, { redactions: 0 });
}

interface Book {
  readonly lexicon: Lexicon;
  readonly allowed: ReadonlySet<string>;
  /** Masks by the words of a key, then by the words of the key above. */
  readonly below: ReadonlyMap<string, ReadonlyMap<string, Mask>>;
}

/** The built-in rules and a source's own. */
function write(policy: ScrubPolicy): Book {
  const lexicon = new Map(BUILT_IN);
  define(lexicon, policy.keys, { kind: 'added' });
  const below = new Map<string, Map<string, Mask>>();
  const paths = [...PATH_RULES, ...policy.keys.map((path) => ({ mask: '[removed]' as const, path }))];
  for (const { mask, path } of paths) {
    const dot = path.lastIndexOf('.');
    if (dot < 1) continue;
    const parent = splitWords(path.slice(0, dot)).join(' ');
    const child = splitWords(path.slice(dot + 1)).join(' ');
    below.set(child, (below.get(child) ?? new Map<string, Mask>()).set(parent, mask));
  }
  return { lexicon, allowed: new Set(policy.allow.map((key) => splitWords(key).join(' '))), below };
}

function judge(key: string, book: Book): Verdict {
  // By the clean name, so that a scrubbed tree is judged as it was before.
  const name = cleanName(key);
  const words = splitWords(name.length > MAX_KEY ? name.slice(0, MAX_KEY) : name);
  const joined = words.length === 1 ? words[0]! : words.join(' ');
  const matches = matchesOf(book.lexicon, words);
  const isAllowed = book.allowed.has(joined);
  const removal = isAllowed ? null : removalOf(matches, words);
  const isAdded = !isAllowed && says(matches, 'added');
  const mask = removal?.mask ?? (isAdded ? '[removed]' : null);
  const below = (!isAllowed && book.below.get(joined)) || null;
  const isContextual = !isAllowed && says(matches, 'contextual');
  const isValue = joined === 'value' || joined === 'valor';
  const isDigitsExempt = says(matches, 'exempt');
  const isPersonId = says(matches, 'personId');
  return {
    words: joined,
    mask,
    digits: isAdded ? 0 : (removal?.digits ?? 0),
    hash: !isAdded && (removal?.hash ?? false),
    isContextual,
    below,
    about: aboutOf(matches, words),
    isForm: says(matches, 'form'),
    isValue,
    isDigitsExempt,
    isPersonId,
    isAllowed,
    isPlain: !(mask || below || isContextual || isValue || isDigitsExempt || isPersonId || isAllowed),
    name,
    isRenamed: name !== key,
  };
}

/** Judges keys by the built-in rules and a source's own; remembers what it said, within bounds. */
export function createJudge(policy: ScrubPolicy): Judge {
  const book = write(policy);
  let remembered = new Map<string, Verdict>();
  return (key) => {
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const verdict = judge(key, book);
    // Starting afresh bounds the memory; the keys of real events are back within one event each.
    if (remembered.size >= MAX_REMEMBERED) remembered = new Map();
    // The copy lets go of the address or body that the key was sliced from.
    if (key.length <= MAX_KEY) remembered.set(key.length < MAX_COPIED ? key : ` ${key}`.slice(1), verdict);
    return verdict;
  };
}
