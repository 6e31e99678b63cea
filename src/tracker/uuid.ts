import { guard } from './guard.js';

let lastMs = 0;
let sequence = 0;

function random(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  return guard(() => crypto.getRandomValues(bytes)) || bytes.map(() => Math.random() * 256);
}

/**
 * UUIDv7 (RFC 9562): 48 bits of ms since 1970, a 12-bit counter, 62 random bits. The counter keeps ids of one page
 * in the order of the events, which the stored queue relies on; it never goes back when the clock does.
 */
export function uuid(now = Date.now()): string {
  sequence = now > lastMs ? 0 : sequence + 1;
  if (sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  lastMs = Math.max(now, lastMs);
  const bytes = random(new Uint8Array(8));
  bytes[0] = (bytes[0]! & 0x3f) | 0x80;
  const tail = Array.from(bytes, (byte) => hex(byte, 2)).join('');
  const digits = `${hex(lastMs, 12)}7${hex(sequence, 3)}${tail}`;
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** ms since 1970 inside a UUIDv7; NaN for anything else. */
export function uuidTime(id: string): number {
  return Number.parseInt(id.slice(0, 13).replace('-', ''), 16);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
