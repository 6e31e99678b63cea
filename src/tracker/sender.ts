import { bytes, envelope, type Item, next } from './envelope.js';
import { guard } from './guard.js';
import { backoff, isFinal, retryAfter } from './retry.js';

/** Over all unfinished keepalive requests; the browser's own limit is 64 KiB, shared with the page. */
const KEEPALIVE_BYTES = 60 * 1024;
/** Keys and braces of an envelope, and the write key. */
const FRAME_BYTES = 256;
/** A collector that is silent for longer has failed; the browser would wait for minutes. */
const TIMEOUT_MS = 30_000;
const MAX_ITEMS = 200;
const MAX_ITEMS_BYTES = 256 * 1024;

export interface SenderOptions {
  readonly key: string;
  readonly url: string;
  /** Called when an event has left the queue for good. */
  readonly forget: (item: Item) => void;
  /** Called when the collector asked to be left alone until then, ms since 1970. */
  readonly asked: (until: number) => void;
  /** Called after each answer; status 0 when there was none. */
  readonly answered: (items: readonly Item[], status: number) => void;
}

export interface Sender {
  /** Takes an event in; when the queue is full the oldest goes. */
  add(item: Item): void;
  /** Sends what waits; `leaving` when the page may end now. Resolves when the requests have ended. */
  flush(leaving?: boolean): Promise<unknown>;
  /** Sends nothing for that many ms, as the collector had asked for. */
  pause(ms: number): void;
  /** Takes out what does not pass. */
  keep(test: (item: Item) => boolean): void;
  /** Lets requests that end with the page go again. */
  abandon(): void;
}

/** The queue of this page and its requests. An item leaves on a read 2xx or a final 4xx, never before. */
export function createSender({ key, url, forget, asked, answered }: SenderOptions): Sender {
  /** 0 where the browser has no keepalive. */
  const limit = guard(() => 'keepalive' in Request.prototype) ? KEEPALIVE_BYTES : 0;
  let queue: Item[] = [];
  /** Bytes in unfinished keepalive requests; number of requests; failures in a row. */
  let unfinished = 0;
  let running = 0;
  let failures = 0;
  /** Until its timer fires nothing is sent. 1: our own backoff, 2: the collector asked for it. */
  let blocked = 0;

  function keep(test: (item: Item) => boolean): void {
    const old = queue;
    queue = old.filter(test);
    for (const item of old) if (queue.indexOf(item) < 0) forget(item);
  }

  function pause(ms: number): void {
    blocked = ms ? 2 : 1;
    if (ms) guard(() => asked(Date.now() + ms));
    const free = () => {
      blocked = 0;
      guard(flush);
    };
    setTimeout(free, Math.max(ms, backoff(failures++)));
  }

  function settle(items: readonly Item[], status: number, pauseMs: number): void {
    for (const item of items) item.flight = 0;
    if (isFinal(status)) {
      failures = 0;
      keep((item) => items.indexOf(item) < 0);
      flush();
    } else if (!blocked) {
      pause(pauseMs);
    }
    answered(items, status);
  }

  function send(items: readonly Item[]): Promise<void> {
    const body = envelope(key, items, Date.now());
    const length = bytes(body);
    const keepalive = unfinished + length <= limit;
    const reserved = keepalive ? length : 0;
    const abort = guard(() => new AbortController());
    const late = setTimeout(() => guard(() => abort!.abort()), TIMEOUT_MS);
    unfinished += reserved;
    running++;
    for (const item of items) item.flight = keepalive ? 1 : 2;
    const end = (status: number, header: string | null) => {
      clearTimeout(late);
      unfinished -= reserved;
      running--;
      // Guarded: a rejected promise would show up in the page's own error report.
      guard(() => settle(items, status, retryAfter(header, Date.now())));
    };
    // A string goes as text/plain: no preflight. Guarded: the page may have put a fetch of its own in place.
    return (
      guard(() =>
        fetch(url, {
          method: 'POST',
          body,
          keepalive,
          credentials: 'omit',
          mode: 'cors',
          signal: Object(abort).signal,
        }),
      ) || Promise.reject()
    ).then(
      (answer) => end(answer.status, answer.headers.get('retry-after')),
      () => end(0, null),
    );
  }

  /** No answer can be read: the items stay, and go again from the next page. */
  function beacon(items: readonly Item[]): void {
    navigator.sendBeacon(url, envelope(key, items, Date.now()));
    for (const item of items) item.flight = 1;
  }

  function flush(leaving?: boolean): Promise<unknown> {
    const requests: unknown[] = [];
    for (;;) {
      // After a failure one request feels its way. On leaving our own backoff does not count, and what is not
      // stored has no other chance; what is stored can wait as long as the collector asked for.
      const held = leaving ? blocked > 1 : blocked || (failures && running);
      const ready = queue.filter((item) => !item.flight && (!held || (leaving && !item.at)));
      if (!ready.length) return Promise.all(requests);
      const items = next(ready, limit - FRAME_BYTES - unfinished);
      requests[requests.length] = leaving && !limit ? beacon(items) : send(items);
    }
  }

  return {
    keep,
    pause,
    flush,
    abandon() {
      for (const item of queue) if (item.flight > 1) item.flight = 0;
    },
    add(item) {
      queue[queue.length] = item;
      const total = () => queue.reduce((sum, one) => sum + one.size, 0);
      while (queue.length > MAX_ITEMS || total() > MAX_ITEMS_BYTES) forget(queue.shift()!);
    },
  };
}
