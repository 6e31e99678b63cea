import type { LiveEvent } from '../../event/live.js';

export interface Filter {
  readonly state: 'all' | 'good' | 'bad';
  /** Exact event name; empty for any. */
  readonly name: string;
  /** Words that all must occur somewhere in the event. */
  readonly query: string;
}

/** Events that pass. An event's text is made once, at the first search that looks at it. */
export function select(events: readonly LiveEvent[], filter: Filter): readonly LiveEvent[] {
  const words = filter.query.toLowerCase().split(/\s+/).filter(Boolean);
  if (filter.state === 'all' && !filter.name && !words.length) return events;
  return events.filter(
    (event) =>
      (filter.state === 'all' || event.state === filter.state) &&
      (!filter.name || event.event_name === filter.name) &&
      words.every((word) => haystack(event).includes(word)),
  );
}

const texts = new WeakMap<LiveEvent, string>();

function haystack(event: LiveEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    text = JSON.stringify(event).toLowerCase();
    texts.set(event, text);
  }
  return text;
}

/** Names that occur, sorted; the chosen one stays even when its last event has gone. */
export function names(events: readonly LiveEvent[], chosen: string): readonly string[] {
  const found = new Set(events.map(({ event_name }) => event_name).filter((name) => name !== null));
  if (chosen) found.add(chosen);
  return [...found].sort();
}
