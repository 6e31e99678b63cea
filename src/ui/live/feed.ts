import type { LiveEvent } from '../../event/live.js';

/** The newest events that the page knows, at most `limit`, newest first. */
export interface Feed {
  /**
   * Takes a batch of the stream; an event with a known key replaces the one that was shown. Answers the events
   * that were not known before.
   */
  add(batch: readonly LiveEvent[]): readonly LiveEvent[];
  /** Newest first; the same array until something changes. */
  events(): readonly LiveEvent[];
  get(key: string): LiveEvent | undefined;
  clear(): void;
}

const before = (a: LiveEvent, b: LiveEvent) => a.received_at > b.received_at;

export function createFeed(limit = 1000): Feed {
  const byKey = new Map<string, LiveEvent>();
  /** Oldest first, by time of receipt: what comes is nearly always the newest, so that a push will do. */
  let order: string[] = [];
  let shown: readonly LiveEvent[] | null = [];

  function clear(): void {
    byKey.clear();
    order = [];
    shown = [];
  }

  function insert(event: LiveEvent): void {
    let at = order.length;
    while (at > 0 && before(byKey.get(order[at - 1]!)!, event)) at--;
    order.splice(at, 0, event.key);
    byKey.set(event.key, event);
  }

  /** Cuts in blocks: one shift of a long array per event would cost more than the rest. */
  function trim(): void {
    if (order.length <= limit) return;
    for (const key of order.splice(0, order.length - limit)) byKey.delete(key);
  }

  function put(event: LiveEvent): boolean {
    const known = byKey.get(event.key);
    // The same place in the log with another event: the server has a new log, and what was shown is gone.
    if (known && known.received_at !== event.received_at) clear();
    else if (known) {
      // A late copy of an earlier state must not undo the final one.
      if (known.state === 'in_flight' || event.state !== 'in_flight') byKey.set(event.key, event);
      return false;
    }
    insert(event);
    return true;
  }

  return {
    add(batch) {
      const fresh = batch.filter(put);
      trim();
      shown = null;
      return fresh;
    },
    events() {
      shown ??= order.map((key) => byKey.get(key)!).reverse();
      return shown;
    },
    get: (key) => byKey.get(key),
    clear,
  };
}
