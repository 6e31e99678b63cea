/** JSON's tokens in their canonical form, passed over byte by byte. The bytes are known to be UTF-8. */

/** No canonical value stands there. Nothing does behind it: a place of -1 has no byte. */
export const NO = -1;

/** The place behind the value that begins at `at`, or NO. */
export type Skip = (bytes: Uint8Array, at: number) => number;

const [QUOTE, BACKSLASH, MINUS, ZERO] = [0x22, 0x5c, 0x2d, 0x30];

/** Bytes that stand for themselves in a string. */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;
/** What JSON.stringify writes behind a backslash, numbers apart. */
const ESCAPED = new Uint8Array(256);
for (const byte of Buffer.from('"\\bfnrt')) ESCAPED[byte] = 1;

export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

export function skipString(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return NO;
  for (at++; ; at += 2) {
    while (PLAIN[bytes[at]!] === 1) at++;
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] !== BACKSLASH || ESCAPED[bytes[at + 1]!] !== 1) return NO;
  }
}

/** Whatever has at most so many digits is a number that JavaScript holds exactly, and writes as it was. */
const EXACT = 15;

export function skipInteger(bytes: Uint8Array, at: number): number {
  const first = bytes[at] === MINUS ? at + 1 : at;
  if (bytes[first] === ZERO) return first === at ? at + 1 : NO;
  let end = first;
  while (isDigit(bytes[end]!)) end++;
  return end > first && end - first <= EXACT ? end : NO;
}

/** What may stand in a number. */
const NUMBER = new Uint8Array(256);
for (const byte of Buffer.from('0123456789+-.e')) NUMBER[byte] = 1;

/** Any number, if JavaScript would write it so. */
export function skipNumber(bytes: Uint8Array, at: number): number {
  const integer = skipInteger(bytes, at);
  if (NUMBER[bytes[integer]!] !== 1 && integer !== NO) return integer;
  let end = at;
  while (NUMBER[bytes[end]!] === 1) end++;
  const text = Buffer.prototype.latin1Slice.call(bytes, at, end);
  return String(Number(text)) === text ? end : NO;
}
