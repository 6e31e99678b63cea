import { isCard, isCnpj, isCpf, isPhone } from './scrub-checks.js';
import type { Mask } from './scrub-rules.js';

/** How many values were removed. */
export interface Tally {
  redactions: number;
}

/** What a text may hold, told by one cheap pass; 0 for most. */
export const AT = 1;
export const ENCODED = 2;
export const EQUALS = 4;
export const DIGITS = 8;

const PLACEHOLDER = /^\[(?:email|phone|cpf|cnpj|card|name|address|id|secret|removed)\]$/;
export const isPlaceholder = (text: string): boolean => text.charCodeAt(0) === 91 && PLACEHOLDER.test(text);

/** Fewest digits of anything the digit rules know: a landline with its area code. */
const FEWEST_DIGITS = 10;
/** `) - ` is the widest gap between the digits of one number. */
const WIDEST_GAP = 3;

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** What may stand between the digits of one number. */
function isGlue(unit: number): boolean {
  if (unit >= 128) return unit === 0xa0 || (unit >= 0x2000 && unit <= 0x2015) || unit === 0x202f;
  return unit === 32 || (unit >= 40 && unit <= 47 && unit !== 42 && unit !== 44); // space ( ) + - . /
}

/** The flags of a text. Every rule below is looked at only for its flag, so this must never miss one. */
export function look(text: string): number {
  const { length } = text;
  let flags = 0;
  let digits = 0;
  let gap = 0;
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    // Letters first: they are most of any text.
    if (unit > 64 && unit < 128) digits = 0;
    else if (isDigit(unit)) {
      gap = 0;
      if (++digits >= FEWEST_DIGITS) flags |= DIGITS;
    } else if (isGlue(unit)) {
      if (++gap > WIDEST_GAP) digits = 0;
      // The end of a CNPJ, whose other places may all be letters: /WXYZ-12.
      if (unit === 45 && text.charCodeAt(at - 5) === 47) flags |= DIGITS;
    } else {
      digits = 0;
      flags |= flagOf(unit, text, at);
    }
  }
  return flags;
}

function flagOf(unit: number, text: string, at: number): number {
  if (unit === 64 || unit === 0xff20) return AT;
  if (unit === 37) return ENCODED;
  if (unit === 61) return EQUALS;
  return unit === 38 ? entity(text, at) : 0;
}

const entity = (text: string, at: number): number => {
  const next = text.charCodeAt(at + 1);
  return next === 35 || next === 99 ? AT : 0; // &#64; and &commat;
};

/** Replaces what `check` confirms; what it does not is looked at again from its second character on. */
function replaceChecked(
  text: string,
  pattern: RegExp,
  check: (found: string) => Mask | null,
  tally: Tally,
): string {
  let out = '';
  let last = 0;
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const mask = check(found[0]);
    if (mask === null) {
      pattern.lastIndex = found.index + 1;
      continue;
    }
    tally.redactions++;
    out += text.slice(last, found.index) + mask;
    last = found.index + found[0].length;
  }
  return last === 0 ? text : out + text.slice(last);
}

const AT_SIGN = /@|\uff20|%(?:25)*40|&#0*64;|&commat;/gi;
/** What cannot stand in the local part, plain or percent-encoded (also twice). */
const BEFORE_LOCAL =
  /[\s<>()[\]{},;:"“”=&?#/\\|]|%(?:25)*(?:0[0-9a-f]|2[02368bcf9]|3[abcdef]|5[bd]|7[bcd])/gi;
const DOMAIN = /[\p{L}\p{N}_-]{1,63}(?:\.[\p{L}\p{N}_-]{1,63}){1,8}/uy;
const MAX_LOCAL = 128;
const MAX_ROUNDS = 4;

/** Length of the domain that starts at `at`, 0 where there is none: the last label must be letters. */
function domainLength(text: string, at: number): number {
  DOMAIN.lastIndex = at;
  const labels = DOMAIN.exec(text)?.[0].split('.') ?? [];
  while (labels.length > 1 && !/^\p{L}{2,}|^xn--/u.test(labels.at(-1)!)) labels.pop();
  const domain = labels.join('.');
  // logo@2x.png is a file.
  return labels.length < 2 || /^\dx\.\w{3,4}$/i.test(domain) ? 0 : domain.length;
}

/** E-mail addresses, from the at sign outwards, so that the time is linear in the text. */
function scrubEmails(text: string, tally: Tally): string {
  let out = '';
  let last = 0;
  AT_SIGN.lastIndex = 0;
  for (let at = AT_SIGN.exec(text); at !== null; at = AT_SIGN.exec(text)) {
    const after = at.index + at[0].length;
    const length = domainLength(text, after);
    if (length === 0) continue;
    const window = text.slice(Math.max(last, at.index - MAX_LOCAL), at.index);
    const local = window.split(BEFORE_LOCAL).at(-1)!;
    if (local === '') continue;
    tally.redactions++;
    out += `${text.slice(last, at.index - local.length)}[email]`;
    last = after + length;
    AT_SIGN.lastIndex = last;
  }
  return last === 0 ? text : out + text.slice(last);
}

const SEPARATOR = '[ .+\\u00a0\\u2000-\\u2015\\u202f-]';
const pattern = (source: string, flags = 'g'): RegExp => new RegExp(source.replaceAll('S', SEPARATOR), flags);

/** One unbroken run, or the groups that are printed on cards: 4-4-4-4(-3), 4-6-5, 4-6-4. No decimals. */
const CARD = pattern(
  '(?<!\\d)(?<!\\d\\.)(?:\\d{14,19}|\\d{4}(S)\\d{4}\\1\\d{4}\\1\\d{4}(?:\\1\\d{3})?|\\d{4}(S)\\d{6}\\2\\d{4,5})(?!\\.?\\d)',
);
const CPF = pattern('(?<!\\d)\\d{3}S?\\d{3}S?\\d{3}(?:S|/)\\d{2}(?!\\d)|(?<!\\d)\\d{3}S\\d{3}S\\d{5}(?!\\d)');
const CNPJ = pattern(
  `(?<!\\d)(?:${[
    '(?<![A-Z])[\\dA-Z]{2}[. +]?[\\dA-Z]{3}[. +]?[\\dA-Z]{3}/[\\dA-Z]{4}-?\\d{2}',
    '[\\da-z]{2}\\.[\\da-z]{3}\\.[\\da-z]{3}/[\\da-z]{4}-\\d{2}',
    '\\d{2}\\.\\d{3}\\.\\d{3}S?\\d{4}S?\\d{2}',
  ].join('|')})(?!\\d)`,
);
/** Parts joined to other digits by a hyphen, dot or slash belong to a date or an order number. */
const PHONE = pattern(
  `(?<!\\d)(?<!\\d[-./])(?:${[
    '\\+\\s?55S{0,2}\\(?0?\\d{2}\\)?S{0,3}9?S?\\d{4}S{0,3}\\d{4}',
    '(?:55S{0,2})?\\(0?\\d{2}\\)S{0,3}9?S?\\d{4}S{0,3}\\d{4}',
    '(?:55S)?0?\\d{2}(?:S| - )9?S?\\d{4}(?:S| - )\\d{4}',
    '(?:55S)?\\d{2}[ +]9\\d{8}',
  ].join('|')})(?![-./]?\\d)`,
);
const BARE_DOCUMENT = /(?<![\dA-Za-z])(?:\d{11}|[\dA-Z]{12}\d{2})(?![\dA-Za-z])/g;
const BARE_PHONE = /(?<!\d)(?:55)?\d{10,11}(?!\d)/g;

const digitsOf = (text: string): string => text.replace(/\D/g, '');
const mask =
  (name: Mask, check: (text: string) => boolean, bare = digitsOf) =>
  (found: string): Mask | null =>
    check(bare(found)) ? name : null;

const alphanumeric = (text: string): string => text.replace(/[^\dA-Za-z]/g, '').toUpperCase();
const asCard = mask('[card]', isCard);
const asCpf = mask('[cpf]', isCpf);
const asCnpj = mask('[cnpj]', isCnpj, alphanumeric);
const asPhone = mask('[phone]', (digits) => isPhone(digits.replace(/^(55)?0/, '$1')));
const asDocument = (found: string): Mask | null => asCpf(found) ?? asCnpj(found);

/** Documents, cards and phones. `isPersonId`: the text is somebody's id, where bare CPF and CNPJ count too. */
function scrubDigits(text: string, isPersonId: boolean, tally: Tally): string {
  let out = replaceChecked(text, CARD, asCard, tally);
  out = replaceChecked(out, CNPJ, asCnpj, tally);
  out = replaceChecked(out, CPF, asCpf, tally);
  out = replaceChecked(out, PHONE, asPhone, tally);
  if (isPersonId || /cpf|cnpj/i.test(out)) out = replaceChecked(out, BARE_DOCUMENT, asDocument, tally);
  if (/tel:|wa\.me|whatsapp/i.test(out)) out = replaceChecked(out, BARE_PHONE, asPhone, tally);
  return out;
}

/** The user and password of an address. */
const CREDENTIALS = /(?<=:\/\/)(?!\[secret\]@)[^\s/?#@]{1,256}(?=@)/g;

export interface Digits {
  readonly isDigitsExempt: boolean;
  readonly isPersonId: boolean;
}

/** All values in a text that give themselves away, without regard to keys or percent-encoding. */
export function scrubValues(text: string, flags: number, rules: Digits, tally: Tally): string {
  let out = text;
  if (flags & AT && out.includes('://')) {
    out = replaceChecked(out, CREDENTIALS, () => '[secret]', tally);
  }
  if (flags & (AT | ENCODED)) out = scrubEmails(out, tally);
  if (!(flags & DIGITS) || rules.isDigitsExempt) return out;
  // Again, because what was removed may have hidden its neighbour, such as digits right behind a full stop.
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = out;
    out = scrubDigits(before, rules.isPersonId, tally);
    if (out === before) break;
  }
  return out;
}
