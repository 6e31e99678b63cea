import { describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/event/uuid.js';

describe('uuidv7', () => {
  it('carries the time, the version and the variant', () => {
    const now = Date.now() + 1000;
    const id = uuidv7(now);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now);
  });

  it('grows always: within a ms, past its counter, and when the clock is set back', () => {
    const now = Date.now() + 100_000;
    const ids = Array.from({ length: 20_000 }, (_, n) => uuidv7(n % 7 === 0 ? now - 5000 : now));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
