import { randomFillSync } from 'node:crypto';

/** Random bytes are bought in bulk: a call to the generator costs as much as a hundred ids. */
const pool = Buffer.alloc(8192);
let used = pool.length;
let lastMs = 0;
let sequence = 0;

/** `bytes` random bytes as hex. */
function hex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

/**
 * A UUIDv7 (RFC 9562 §5.7): ms since 1970, a 12-bit counter, 62 random bits. Ids of one process never go
 * back: the counter goes on within a ms (§6.2 method 1), and the last ms is kept where the clock was set back.
 */
export function uuidv7(now: number): string {
  if (now > lastMs) {
    lastMs = now;
    // Starts in the lower half, so that there is room to count within the ms.
    sequence = Number.parseInt(hex(2), 16) & 0x7ff;
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const count = sequence.toString(16).padStart(3, '0');
  const random = hex(8);
  const variant = ((Number.parseInt(random[0]!, 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${random.slice(1, 4)}-${random.slice(4)}`;
}
