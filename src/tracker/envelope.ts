/** An event on its way. Both texts are JSON, made once: stored as they are, sent as they are. */
export interface Item {
  readonly id: string;
  /** An envelope's `ctx`. Events with the same one share an envelope. */
  readonly context: string;
  readonly event: string;
  /** A purchase: goes before the others, and at once. */
  readonly first: boolean;
  /** As it is stored; `restore` reads it. */
  readonly text: string;
  /** UTF-8 bytes of `text`: no less than what it adds to an envelope. */
  readonly size: number;
  /** Where it is stored; empty while it is in memory only. */
  at: string;
  /** 0 waiting, 1 in flight, 2 in flight by a request that ends with the page. */
  flight: 0 | 1 | 2;
}

/** UTF-8 length. */
export function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** An order in the shape of GA4 or VTEX by its name, or of Universal Analytics by its content. */
const PURCHASE = /"name":"(purchase|orderPlaced)"|"purchase":\{/;

export function isPurchase(event: string): boolean {
  return PURCHASE.test(event);
}

/** Both texts are JSON of objects; `event` has this `id`. */
export function item(id: string, context: string, event: string): Item {
  const text = `${context}\n${event}`;
  return { id, context, event, first: isPurchase(event), text, size: bytes(text), at: '', flight: 0 };
}

/** Reads a stored item. Throws when it is not one: anybody may write into a site's storage. */
export function restore(id: string, text: string): Item {
  const [context, event] = text.split('\n');
  if (JSON.parse(event!).id !== id || !JSON.parse(context!).mode) throw id;
  return item(id, context!, event!);
}

/** The envelope of events.md §1. `items` share their context. */
export function envelope(key: string, items: readonly Item[], sentAt: number): string {
  const events = items.map((one) => one.event);
  return `{"v":1,"k":${JSON.stringify(key)},"sent_at":${sentAt},"ctx":${items[0]!.context},"events":[${events}]}`;
}

const MAX_EVENTS = 50;
/** Below the collector's 512 KiB. */
const MAX_BYTES = 500 * 1024;

/**
 * What the next request takes of what waits: the newest purchase leads, older ones and the rest follow in order, as
 * far as they share its context and fit into `room` bytes; where not even the first fits, into a plain request.
 */
export function next(waiting: readonly Item[], room: number): Item[] {
  const list = waiting.filter((one) => one.first).reverse();
  const [head, ...rest] = list.concat(waiting.filter((one) => !one.first)) as [Item, ...Item[]];
  const taken = [head];
  let left = (head.size < room ? room : MAX_BYTES) - head.size;
  for (const one of rest) {
    if (one.context === head.context && taken.length < MAX_EVENTS && left > one.size) {
      left -= one.size;
      taken[taken.length] = one;
    }
  }
  return taken;
}
