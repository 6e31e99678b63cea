/** The newest events, bounded by number and by bytes; an event keeps its place when its state changes. */
import type { LiveEvent } from '../../event/live.js';

const MOST = 1_000;
const MOST_BYTES = 16 * 1024 * 1024;

export class Recent {
  readonly #events = new Map<string, { readonly event: LiveEvent; readonly bytes: number }>();
  #bytes = 0;

  has(key: string): boolean {
    return this.#events.has(key);
  }

  /** `bytes`: about what the row takes. */
  set(event: LiveEvent, bytes: number): void {
    this.#bytes += bytes - (this.#events.get(event.key)?.bytes ?? 0);
    this.#events.set(event.key, { event, bytes });
    while (this.#events.size > MOST || (this.#bytes > MOST_BYTES && this.#events.size > 1))
      this.delete(this.#events.keys().next().value!);
  }

  /** At most `limit` of the newest, oldest first. */
  newest(limit: number): LiveEvent[] {
    const all = [...this.#events.values()];
    return all.slice(Math.max(0, all.length - limit)).map(({ event }) => event);
  }

  /** Keeps only what is not in the table yet. */
  keepInFlight(): void {
    for (const [key, { event }] of this.#events) if (event.state !== 'in_flight') this.delete(key);
  }

  delete(key: string): void {
    this.#bytes -= this.#events.get(key)?.bytes ?? 0;
    this.#events.delete(key);
  }
}
