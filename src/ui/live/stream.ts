import type { LiveCounts, LiveEvent, LiveHello } from '../../event/live.js';

export interface StreamHandlers {
  hello(hello: LiveHello): void;
  events(events: readonly LiveEvent[]): void;
  counts(counts: LiveCounts): void;
  reset(): void;
  lost(): void;
}

const RETRY_MS = 2000;

/**
 * Follows `/dev/stream` for as long as the page lives. The browser's own reconnecting gives up at an answer that is
 * not 200 (another server on the port, a restart half-way), so each connection is made anew. Returns what ends it.
 */
export function follow(url: string, handlers: StreamHandlers): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function connect(): void {
    source = new EventSource(url);
    const on = <T>(name: string, handle: (data: T) => void) =>
      source.addEventListener(name, (message) => {
        const data = parse<T>(message.data);
        if (data !== undefined) handle(data);
      });
    on('hello', handlers.hello);
    on('events', handlers.events);
    on('counts', handlers.counts);
    on('reset', handlers.reset);
    source.onerror = () => {
      source.close();
      handlers.lost();
      timer = setTimeout(connect, RETRY_MS);
    };
  }

  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** A message cut off by a dying server is no reason to stop. */
function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
