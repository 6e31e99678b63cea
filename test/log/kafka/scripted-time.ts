import { afterEach, beforeEach, vi } from 'vitest';

/** Every clock and timer that the producer looks at, moved by the test alone. Promises stay as they are. */
export function scriptedTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setInterval',
        'clearInterval',
        'setImmediate',
        'performance',
        'Date',
      ],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
