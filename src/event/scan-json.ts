/** Any JSON value, passed over where it is JSON.stringify's own text of what JSON.parse makes of it. */
import { isDigit, NO, skipNumber, skipString } from './skip.js';

const [QUOTE, COMMA, COLON] = [0x22, 0x2c, 0x3a];
const [OPEN, CLOSE, LIST, LIST_END] = [0x7b, 0x7d, 0x5b, 0x5d];
const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Of the objects that the value at hand stands in, the names read so far: their hashes. */
const hashes = new Int32Array(512);

/** The place behind the value, or NO; also where it has more than `depth` levels. `top` is for its own recursion. */
export function skipJson(bytes: Uint8Array, at: number, depth: number, top = 0): number {
  const byte = bytes[at]!;
  if (byte === QUOTE) return skipString(bytes, at);
  if (byte === OPEN) return depth === 0 ? NO : skipObject(bytes, at, depth, top);
  if (byte === LIST) return depth === 0 ? NO : skipArray(bytes, at, depth, top);
  if (byte < 0x3a) return skipNumber(bytes, at);
  const word = WORDS.find(([first]) => first === byte);
  if (word === undefined) return NO;
  for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word[i]) return NO;
  return at + word.length;
}

function skipArray(bytes: Uint8Array, at: number, depth: number, top: number): number {
  if (bytes[at + 1] === LIST_END) return at + 2;
  do at = skipJson(bytes, at + 1, depth - 1, top);
  while (bytes[at] === COMMA);
  return bytes[at] === LIST_END ? at + 1 : NO;
}

function skipObject(bytes: Uint8Array, at: number, depth: number, from: number): number {
  if (bytes[at + 1] === CLOSE) return at + 2;
  let top = from;
  do {
    const name = at + 1;
    at = skipString(bytes, name);
    // Names that are numbers JavaScript moves to the front.
    if (bytes[at] !== COLON || isDigit(bytes[name + 1]!) || top === hashes.length) return NO;
    hashes[top] = hashOf(bytes, name, at);
    if (hasBefore(from, top)) return NO;
    at = skipJson(bytes, at + 1, depth - 1, ++top);
  } while (bytes[at] === COMMA);
  return bytes[at] === CLOSE ? at + 1 : NO;
}

/** Of equal names JSON.parse keeps the last. Different ones of one hash are taken for equal: to say no is safe. */
function hasBefore(from: number, top: number): boolean {
  for (let i = from; i < top; i++) if (hashes[i] === hashes[top]) return true;
  return false;
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}
