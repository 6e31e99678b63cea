import type { LiveCounts, LiveEvent } from '../../event/live.js';

export const BARS = 60;
export const BAR_MS = 5000;

export interface Bar {
  readonly good: number;
  readonly bad: number;
}

/**
 * Events per bar of 5 s over the last five minutes. What came before the page connected is filled in from the
 * events that the stream repeats; after that the counts decide, because under load the stream leaves events out.
 */
export interface Rate {
  /** A new connection: the next counts are only a starting point. `now` in ms since 1970. */
  connect(now: number): void;
  counts(counts: LiveCounts, now: number): void;
  repeated(events: readonly LiveEvent[]): void;
  clear(): void;
  /** Oldest first; the last one is still growing. `good` includes what is in flight. */
  bars(now: number): readonly Bar[];
  /** Events per second over the last whole bar and the current one. */
  perSecond(now: number): number;
}

export function createRate(): Rate {
  let slots = new Map<number, { good: number; bad: number }>();
  let seen: { received: number; bad: number } | null = null;
  let since = 0;

  function put(at: number, good: number, bad: number): void {
    const slot = Math.floor(at / BAR_MS);
    const bar = slots.get(slot) ?? { good: 0, bad: 0 };
    slots.set(slot, { good: Math.max(0, bar.good + good), bad: bar.bad + bad });
    for (const old of slots.keys()) if (old <= slot - 2 * BARS) slots.delete(old);
  }

  const at = (now: number, back: number) => slots.get(Math.floor(now / BAR_MS) - back) ?? { good: 0, bad: 0 };

  return {
    connect(now) {
      since = now;
      seen = null;
    },
    counts({ received, bad }, now) {
      if (seen && received >= seen.received) {
        const wrong = Math.max(0, bad - seen.bad);
        put(now, received - seen.received - wrong, wrong);
      }
      seen = { received, bad };
    },
    repeated(events) {
      for (const event of events) {
        const time = Date.parse(event.received_at);
        if (time < since) put(time, event.state === 'bad' ? 0 : 1, event.state === 'bad' ? 1 : 0);
      }
    },
    clear() {
      slots = new Map();
      seen = { received: 0, bad: 0 };
    },
    bars: (now) => Array.from({ length: BARS }, (_, index) => at(now, BARS - 1 - index)),
    perSecond(now) {
      const total = [at(now, 0), at(now, 1)].reduce((sum, bar) => sum + bar.good + bar.bad, 0);
      return (total * 1000) / (BAR_MS + (now % BAR_MS));
    },
  };
}
