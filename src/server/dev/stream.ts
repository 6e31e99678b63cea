/**
 * `GET /dev/stream`: the feed as Server-Sent Events, in the messages of event/live.ts.
 *
 * What changed is gathered and sent at most five times a second, the same text to everybody. A reader that does
 * not keep up is left out until it has taken what is under way; then it gets the newest events again, which
 * are the same by their keys. So memory is bounded by the number of readers, whatever they do.
 */
import { StargateError } from '../../errors.js';
import type { LiveCounts, LiveEvent, LiveHello } from '../../event/live.js';
import type { Answer, Handler, Sink } from '../http.js';
import type { Feed, FeedListener } from './feed.js';

const FLUSH_MS = 200;
/** The first change after a quiet time goes out at once. */
const FIRST_MS = 10;
const HEARTBEAT_MS = 15_000;
const EVENTS_PER_FLUSH = 200;
const BYTES_PER_FLUSH = 1024 * 1024;
const NEWEST = 200;
const BACKLOG = 1024 * 1024;
const READERS = 64;

const HEADERS = [
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-store',
  'x-accel-buffering',
  'no',
];

interface Reader {
  readonly sink: Sink;
  /** Was left out, and has to be told everything again. */
  behind: boolean;
  skipped: number;
}

const message = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export class Stream implements FeedListener {
  readonly #feed: Feed;
  readonly #hello: () => LiveHello;
  readonly #readers = new Set<Reader>();
  readonly #pending = new Map<string, LiveEvent>();
  #counts = '';
  #timer: NodeJS.Timeout | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #flushedAt = 0;
  #closed = false;

  constructor(feed: Feed, hello: () => LiveHello) {
    this.#feed = feed;
    this.#hello = hello;
    feed.listen(this);
  }

  readonly handler: Handler = (): Answer => {
    if (this.#closed) throw new StargateError('STG_DRAINING');
    if (this.#readers.size >= READERS) {
      throw new StargateError('STG_OVERLOADED', { expected: `at most ${READERS} readers of the stream` });
    }
    return { status: 200, headers: HEADERS, body: '', stream: (sink) => this.#join(sink) };
  };

  /** Ends every reader's connection, so that a server can drain. */
  close(): void {
    this.#closed = true;
    for (const { sink } of this.#readers) sink.end();
    this.#stopTimers();
  }

  get hasRoom(): boolean {
    return this.#readers.size > 0 && this.#pending.size < EVENTS_PER_FLUSH;
  }

  show(event: LiveEvent, known: boolean): boolean {
    if (this.#readers.size === 0) return true;
    if (!known && !this.#pending.has(event.key) && !this.hasRoom) return false;
    this.#pending.set(event.key, event);
    return true;
  }

  changed(): void {
    if (this.#readers.size === 0 || this.#timer) return;
    const wait = Math.max(FIRST_MS, this.#flushedAt + FLUSH_MS - performance.now());
    this.#timer = setTimeout(() => this.#flush(), wait);
  }

  reset(): void {
    this.#pending.clear();
    for (const { sink } of this.#readers) sink.write(message('reset', {}));
  }

  #join(sink: Sink): void {
    const reader: Reader = { sink, behind: false, skipped: 0 };
    this.#readers.add(reader);
    sink.onClose(() => this.#leave(reader));
    sink.write(message('hello', this.#hello()));
    this.#sendNewest(reader);
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#stopTimers();
  }

  #stopTimers(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#timer = this.#heartbeat = null;
    this.#pending.clear();
  }

  /** A comment, so that a reader that is gone without a word is noticed. */
  #beat(): void {
    for (const { sink } of this.#readers) if (sink.backlog < BACKLOG) sink.write(':\n\n');
  }

  #flush(): void {
    this.#timer = null;
    this.#flushedAt = performance.now();
    const events = [...this.#pending.values()];
    this.#pending.clear();
    const text = events.length > 0 ? messages(events) : '';
    const counts = this.#feed.counts;
    const shared = message('counts', counts);
    const changed = shared !== this.#counts;
    this.#counts = shared;
    for (const reader of this.#readers)
      this.#send(reader, events.length, text, changed ? shared : '', counts);
  }

  #send(reader: Reader, events: number, text: string, counts: string, values: LiveCounts): void {
    if (reader.sink.backlog > BACKLOG) {
      reader.behind = true;
      reader.skipped += events;
      // Nothing else may come to wake this reader up.
      this.changed();
      return;
    }
    if (reader.behind) this.#sendNewest(reader);
    else if (text || counts)
      reader.sink.write(text + (reader.skipped > 0 ? countsFor(reader, values) : counts));
  }

  #sendNewest(reader: Reader): void {
    reader.behind = false;
    const newest = this.#feed.newest(NEWEST);
    reader.sink.write((newest.length > 0 ? messages(newest) : '') + countsFor(reader, this.#feed.counts));
  }
}

function countsFor({ skipped }: Reader, counts: LiveCounts): string {
  return message('counts', { ...counts, skipped: counts.skipped + skipped });
}

/** In messages of bounded size, without the rows where even so there is too much. */
function messages(events: readonly LiveEvent[]): string {
  let bytes = 0;
  const texts = events.map((event) => {
    const text = JSON.stringify(bytes > BYTES_PER_FLUSH ? { ...event, row: null } : event);
    bytes += text.length;
    return text;
  });
  return `event: events\ndata: [${texts.join(',')}]\n\n`;
}
