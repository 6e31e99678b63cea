/** An event on its way. Its parts are JSON texts: each is serialised once, stored as it is, sent as it is. */
export interface Item {
  readonly id: string;
  /** Context shared by events: ids, device, container. */
  context: string;
  readonly page: string;
  readonly consent: string;
  readonly event: string;
  /** Goes before the others, and at once. */
  readonly first: boolean;
  /** UTF-8 bytes that it adds to an envelope. */
  readonly size: number;
  /** As it is stored; `restore` reads it. */
  readonly text: string;
  /** Where it is stored; empty while it is in memory only. */
  at: string;
  /** Whether it was never sent. */
  fresh: boolean;
  /** 0 waiting, 1 in flight, 2 in flight by a request that ends with the page. */
  flight: 0 | 1 | 2;
}

/** UTF-8 length. */
export function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** An item of its parts; `event` is the JSON text of an object with an `id`. */
export function item(context: string, page: string, consent: string, event: string, first: boolean): Item {
  return {
    id: /"id":"([^"]+)"/.exec(event)![1]!,
    context,
    page,
    consent,
    event,
    first,
    size: bytes(page + consent + event) + 24,
    text: [+first, context, page, consent, event].join('\n'),
    at: '',
    fresh: true,
    flight: 0,
  };
}

/** Reads a stored item. Throws when it is not one: anybody may write into a site's storage. */
export function restore(id: string, text: string): Item {
  const [first, ...parts] = text.split('\n');
  const [context, page, consent, event] = parts.map((part) => JSON.stringify(Object(JSON.parse(part))));
  const found = item(context!, page!, consent!, event!, first === '1');
  if (found.id !== id || parts.some((part) => part[0] !== '{')) throw id;
  found.fresh = false;
  return found;
}

/**
 * The envelope of events.md §1 for events of one context. Page and consent of the first event stand in the
 * context; events that differ carry their own.
 */
export function envelope(key: string, items: readonly Item[], sentAt: number): string {
  const { context, page, consent } = items[0]!;
  const events = items.map((one) => {
    const own = (name: string, value: string, shared: string) =>
      value === shared ? '' : `,"${name}":${value}`;
    return `${one.event.slice(0, -1) + own('page', one.page, page) + own('consent', one.consent, consent)}}`;
  });
  const ctx = `${context.slice(0, -1)},"page":${page},"consent":${consent}}`;
  return `{"v":1,"k":${JSON.stringify(key)},"sent_at":${sentAt},"ctx":${ctx},"events":[${events.join()}]}`;
}

export interface Planned {
  readonly items: Item[];
  readonly keepalive: boolean;
}

const MAX_EVENTS = 50;
/** Below the collector's 512 KiB. */
const MAX_BYTES = 500 * 1024;
/** Keys, commas and braces around the parts. */
const FRAME = 256;

/**
 * Splits what waits into requests: purchases first, the newest of them leading, then the rest in order. As long as
 * `room` bytes of keepalive lasts a request takes from it; what does not fit goes by a plain request.
 */
export function plan(waiting: readonly Item[], room: number): Planned[] {
  let rest = waiting.filter((one) => one.first).reverse();
  rest = rest.concat(waiting.filter((one) => !one.first));
  const requests: Planned[] = [];
  while (rest.length) {
    const head = rest[0]!;
    const keepalive = FRAME + bytes(head.context) + head.size <= room;
    const items: Item[] = [];
    let left = (keepalive ? room : MAX_BYTES) - FRAME - bytes(head.context);
    let full = false;
    for (const one of rest) {
      if (one.context !== head.context || full) continue;
      full = items.length > 0 && (left < one.size || items.length >= MAX_EVENTS);
      if (full) continue;
      left -= one.size;
      items[items.length] = one;
    }
    rest = rest.filter((one) => items.indexOf(one) < 0);
    if (keepalive) room = left;
    requests[requests.length] = { items, keepalive };
  }
  return requests;
}
