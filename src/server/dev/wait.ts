/** `GET /dev/wait`: answers as soon as enough has become queryable; for tests of a site. */
import type { Answer, Handler } from '../http.js';
import { json } from '../http.js';
import type { Feed } from './feed.js';
import { wholeNumber } from './sql.js';
import { countNamed, type Reading } from './tables.js';

const DEFAULT_MS = 5_000;
const MOST_MS = 60_000;
/** Between two counts by SQL, so that a busy feed does not become a busy database. */
const PAUSE_MS = 20;

interface Wanted {
  readonly good: number | null;
  readonly bad: number | null;
  readonly eventName: string | null;
}

interface Seen {
  readonly good: number;
  readonly bad: number;
  readonly in_flight: number;
}

/** `good` and `bad` are at least; `bad=0` is none so far and nothing in flight. 408 after `timeout` ms, or at once when it cannot become true. */
export function waitHandler(feed: Feed, warehouse: Reading): Handler {
  return async ({ query }): Promise<Answer> => {
    const parameters = new URLSearchParams(query);
    const wanted = read(parameters);
    const deadline = performance.now() + wholeNumber(parameters, 'timeout', DEFAULT_MS, MOST_MS);
    for (;;) {
      const change = feed.changed(Math.max(0, deadline - performance.now()));
      const seen = await count(feed, warehouse, wanted);
      const met = holds(wanted, seen);
      if (met) return json(200, { met, ...seen });
      if (hopeless(wanted, seen) || performance.now() >= deadline) return json(408, { met, ...seen });
      await change;
      if (wanted.eventName !== null) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
}

function read(parameters: URLSearchParams): Wanted {
  const atLeast = (name: string) => (parameters.has(name) ? wholeNumber(parameters, name, 0, 1e9) : null);
  return { good: atLeast('good'), bad: atLeast('bad'), eventName: parameters.get('event_name') };
}

async function count(feed: Feed, warehouse: Reading, { eventName }: Wanted): Promise<Seen> {
  const named = eventName === null ? null : await countNamed(warehouse, eventName);
  const { good, bad, in_flight } = feed.counts;
  return { good: named ?? good, bad, in_flight };
}

function holds(wanted: Wanted, seen: Seen): boolean {
  if (wanted.good !== null && seen.good < wanted.good) return false;
  if (wanted.bad === 0) return seen.bad === 0 && seen.in_flight === 0;
  return wanted.bad === null || seen.bad >= wanted.bad;
}

/** A bad event does not go away. */
function hopeless(wanted: Wanted, seen: Seen): boolean {
  return wanted.bad === 0 && seen.bad > 0;
}
