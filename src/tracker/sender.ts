import { bytes, envelope, type Item, type Planned, plan } from './envelope.js';
import { guard } from './guard.js';
import { backoff, isFinal, retryAfter } from './retry.js';

const FLUSH_MS = 1000;
const FLUSH_EVENTS = 10;
const FLUSH_BYTES = 32 * 1024;
/** Over all unfinished keepalive requests; the browser's own limit is 64 KiB, shared with the page. */
const KEEPALIVE_BYTES = 60 * 1024;
/** A collector that is silent for longer has failed; the browser would wait for minutes. */
const TIMEOUT_MS = 30_000;
const MAX_WAITING = 200;
const MAX_WAITING_BYTES = 256 * 1024;

export interface SenderOptions {
  readonly key: string;
  readonly url: string;
  /** Called when an event has left the queue for good. */
  readonly forget: (item: Item) => void;
  /** The context that an item should go out with. */
  readonly stamp: (item: Item) => string;
  /** Called when the collector asked to be left alone until then, ms since 1970. */
  readonly asked: (until: number) => void;
  /** Called after each answer; status 0 when there was none. */
  readonly answered: (items: readonly Item[], status: number) => void;
}

export interface Sender {
  add(item: Item): void;
  /** Sends what waits; `leaving` when the page may end now. Resolves when the requests have ended. */
  flush(leaving?: boolean): Promise<void>;
  /** Items that are not yet answered. */
  items(): readonly Item[];
  /** Sends nothing for that many ms, as the collector had asked for on an earlier page. */
  pause(ms: number): void;
  /** Takes out what does not pass. */
  keep(test: (item: Item) => boolean): void;
  /** Puts requests that ended with the page back into the queue. */
  abandon(): void;
  /** Lets go of what is stored, without an end: the storage has the truth. */
  handBack(): void;
}

/** The queue of this page and its requests. An item leaves on a read 2xx or a final 4xx, never before. */
export function createSender(options: SenderOptions): Sender {
  const hasKeepalive = guard(() => 'keepalive' in Request.prototype);
  let queue: Item[] = [];
  let unfinished = 0;
  let running = 0;
  let failures = 0;
  /** Until its timer fires nothing is sent. 1: our own backoff, 2: the collector asked for it. */
  let blocked: 0 | 1 | 2 = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const waiting = () => queue.filter((item) => !item.flight);

  function keep(test: (item: Item) => boolean): void {
    queue = queue.filter((item) => test(item) || options.forget(item));
  }

  function pause(asked: number): void {
    blocked = asked ? 2 : 1;
    if (asked) guard(() => options.asked(Date.now() + asked));
    const free = () => {
      blocked = 0;
      guard(flush);
    };
    setTimeout(free, Math.max(asked, backoff(failures++)));
  }

  function settle(items: readonly Item[], status: number, asked: number): void {
    for (const item of items) item.flight = 0;
    const done = (status >= 200 && status < 300) || isFinal(status);
    if (done) {
      failures = 0;
      keep((item) => items.indexOf(item) < 0);
    } else if (!blocked) {
      pause(asked);
    }
    guard(() => options.answered(items, status));
    if (done && waiting().length) flush();
  }

  function send({ items, keepalive }: Planned): Promise<void> {
    const body = envelope(options.key, items, Date.now());
    const reserved = keepalive ? bytes(body) : 0;
    const abort = guard(() => new AbortController());
    const late = setTimeout(() => guard(() => abort!.abort()), TIMEOUT_MS);
    unfinished += reserved;
    running++;
    for (const item of items) {
      item.fresh = false;
      item.flight = keepalive ? 1 : 2;
    }
    const end = (status: number, header: string | null) => {
      clearTimeout(late);
      unfinished -= reserved;
      running--;
      // Guarded: a rejected promise would show up in the page's own error report.
      guard(() => settle(items, status, retryAfter(header, Date.now())));
    };
    const request: RequestInit = { method: 'POST', body, keepalive, credentials: 'omit', mode: 'cors' };
    if (abort) request.signal = abort.signal;
    // A string goes as text/plain: no preflight. Guarded: the page may have put a fetch of its own in place.
    return (guard(() => fetch(options.url, request)) || Promise.reject()).then(
      (answer) => end(answer.status, answer.headers.get('retry-after')),
      () => end(0, null),
    );
  }

  function flush(leaving = false): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const held = leaving ? blocked === 2 : blocked || (failures && running);
    // On leaving, what is stored can wait for the next page; what is not has only this chance.
    const ready = held ? waiting().filter((item) => leaving && !item.at) : waiting();
    for (const item of ready) if (item.fresh) item.context = options.stamp(item);
    let requests = plan(ready, hasKeepalive ? KEEPALIVE_BYTES - unfinished : 0);
    if (failures && !leaving) requests = requests.slice(0, 1);
    if (leaving && !hasKeepalive) requests.forEach(beacon);
    else return Promise.all(requests.map(send)).then(() => {});
    return Promise.resolve();
  }

  /** No answer can be read: the items stay, and go again from the next page. */
  function beacon({ items }: Planned): void {
    const sent = navigator.sendBeacon(options.url, envelope(options.key, items, Date.now()));
    for (const item of items) item.flight = sent ? 1 : 0;
  }

  return {
    keep,
    pause,
    flush,
    items: () => queue,
    abandon() {
      for (const item of queue) if (item.flight === 2) item.flight = 0;
    },
    handBack() {
      queue = queue.filter((item) => !item.at);
    },
    add(item) {
      queue[queue.length] = item;
      let total = queue.reduce((sum, one) => sum + one.size, 0);
      while (queue.length > MAX_WAITING || (total > MAX_WAITING_BYTES && queue.length > 1)) {
        const oldest = queue.shift()!;
        total -= oldest.size;
        options.forget(oldest);
      }
      const ready = waiting();
      const enough =
        ready.length >= FLUSH_EVENTS || ready.reduce((sum, one) => sum + one.size, 0) >= FLUSH_BYTES;
      if (item.first || enough) flush();
      else if (!timer) timer = setTimeout(() => guard(flush), FLUSH_MS);
    },
  };
}
