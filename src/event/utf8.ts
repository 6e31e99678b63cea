/**
 * Text to UTF-8. `Buffer.from` counts the bytes before it writes them, which for a record costs twice as much as the
 * writing; here the text is written where there is room for the most that it can need.
 */
const CHUNK = 64 * 1024;
/** Bytes of UTF-8 that a UTF-16 unit needs at most. */
const WIDEST = 3;

let chunk = Buffer.alloc(0);
let used = 0;

/** The text's bytes. They share memory with those of other calls, as small buffers of Buffer.from do. */
export function utf8(text: string): Buffer {
  const most = text.length * WIDEST;
  if (most > CHUNK / 4) return Buffer.from(text);
  if (used + most > chunk.length) {
    chunk = Buffer.allocUnsafeSlow(CHUNK);
    used = 0;
  }
  const start = used;
  used += chunk.write(text, start, 'utf8');
  return chunk.subarray(start, used);
}
