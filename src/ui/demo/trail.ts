import type { LiveEvent } from '../../event/live.js';
import { isObject, slot } from './storage.js';

/** One push of the shop, and how far it has come. */
export interface Step {
  /** ms since 1970. */
  readonly at: number;
  readonly name: string;
  readonly kind: 'GA4' | 'UA' | 'GTM';
  /** As pushed; once it is stored, as it is stored. */
  readonly payload: unknown;
  /** `held`: pushed without consent, never sent. */
  readonly state: 'pushed' | 'held' | 'sent' | 'refused' | 'stored' | 'rejected';
  readonly id: string | null;
  readonly queryableMs: number | null;
  readonly redactions: number;
}

/** What the tracker says of each request: `stargate:sent`. */
export interface Sent {
  readonly events: readonly { readonly id: string; readonly name: string }[];
  readonly status: number;
}

export interface Trail {
  steps(): readonly Step[];
  pushed(step: Pick<Step, 'name' | 'kind' | 'payload' | 'state'>): void;
  sent(sent: Sent): void;
  /** From the stream; events of others are left alone. */
  seen(events: readonly LiveEvent[]): void;
  watch(listener: () => void): () => void;
}

const KEPT = 40;

const isTrail = (value: unknown) =>
  Array.isArray(value) &&
  value.every((step) => isObject(step) && typeof step.at === 'number' && typeof step.name === 'string');

/** The pushes of this tab, over all its pages. */
export function createTrail(now: () => number = Date.now): Trail {
  const stored = slot<readonly Step[]>('sessionStorage', 'casa-ipe.trail', [], isTrail);
  const listeners = new Set<() => void>();
  /** The stream may be faster than the tracker's word of which push got which id. */
  const early = new Map<string, LiveEvent>();
  let steps = stored.read();

  function save(next: readonly Step[]): void {
    steps = next.slice(-KEPT);
    stored.write(steps);
    for (const listener of listeners) listener();
  }

  function arrived(event: LiveEvent): void {
    early.set(event.event_id!, event);
    if (early.size > 500) early.delete(early.keys().next().value!);
  }

  function withEvent(step: Step): Step {
    const event = step.id === null ? undefined : early.get(step.id);
    if (!event || event.state === 'in_flight') return step;
    const row = event.row as { readonly data_layer?: unknown } | null;
    return {
      ...step,
      state: event.state === 'good' ? 'stored' : 'rejected',
      payload: row?.data_layer ?? step.payload,
      queryableMs: event.queryable_ms,
      redactions: event.pii_redactions,
    };
  }

  return {
    steps: () => steps,
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pushed: (step) => save([...steps, { ...step, at: now(), id: null, queryableMs: null, redactions: 0 }]),
    sent({ events, status }) {
      // No answer, or one that is tried again: the push still waits.
      if (status === 0 || status === 408 || status === 429 || status >= 500) return;
      const next = [...steps];
      for (const { id, name } of events) {
        const at = next.findIndex((step) => step.state === 'pushed' && step.name === name);
        if (at < 0 || next.some((step) => step.id === id)) continue;
        next[at] = withEvent({ ...next[at]!, id, state: status < 300 ? 'sent' : 'refused' });
      }
      save(next);
    },
    seen(events) {
      events.filter(({ event_id }) => event_id !== null).forEach(arrived);
      const next = steps.map((step) => (step.state === 'sent' ? withEvent(step) : step));
      if (next.some((step, index) => step !== steps[index])) save(next);
    },
  };
}
