import type { Context } from './context.js';
import type { Notes } from './text.js';

/** One element of an envelope, as it arrived. */
export interface RawEvent {
  /** In the terms of an envelope's event, whatever door it came through. */
  readonly value: unknown;
  /** As the sender wrote it, for `raw` of a rejected event. */
  readonly original: unknown;
  /** JSON pointer of the event in the body: `/events/2`, or empty where the body is the event. */
  readonly pointer: string;
  /** Bytes of the event in the body. */
  readonly bytes: number;
  /** Levels of objects and arrays, the event itself included; may be too high by the levels around the event. */
  readonly depth: number;
}

/** A request's body, read. Whose it is, and what may be stored of it, is decided later. */
export interface Envelope {
  readonly key: string | null;
  /** ms since 1970 by the sender's clock. */
  readonly sentAt: number | null;
  readonly context: Context;
  readonly events: readonly RawEvent[];
  /** Issues of the context; each event carries them. */
  readonly notes: Notes;
}
