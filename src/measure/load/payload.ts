/** What requests carry. A payload is made in the process that sends, of a description that crosses to it. */
import { random } from '../shoppers.js';
import { mixEnvelopes } from './mix.js';
import {
  CLIENT_BYTES,
  filled,
  SESSION_BYTES,
  type Template,
  type TemplateEnvelope,
  template,
} from './template.js';

export type PayloadSpec =
  | {
      readonly kind: 'events';
      /** Name of a mix, or envelopes of a file. */
      readonly from: string | readonly TemplateEnvelope[];
      /** Events a request, 1 … 50. */
      readonly batch: number;
      /** Visitors that the events are of. */
      readonly sessions: number;
      /** Write key of the envelope, or null where a header carries it. */
      readonly key: string | null;
    }
  | { readonly kind: 'raw'; readonly body: Uint8Array };

export interface Payload {
  /** The body of the n-th request of this process. */
  body(sequence: number): Buffer;
  /** What an answer says it took, in events; null where it does not say. */
  told(answer: Buffer): Told | null;
}

export interface Told {
  readonly accepted: number;
  readonly rejected: number;
}

/** Bodies of different shape at least: one alone would sit in every cache of the target. */
const LEAST_TEMPLATES = 64;
/** With large batches their number is bounded by memory. */
const MOST_BYTES = 16 * 2 ** 20;

/** @param startedAt ms since 1970, when sessions began */
export function createPayload(spec: PayloadSpec, run: string, worker: number, startedAt: number): Payload {
  if (spec.kind === 'raw') {
    const body = Buffer.from(spec.body);
    return { body: () => body, told: () => null };
  }
  const envelopes = typeof spec.from === 'string' ? mixEnvelopes(spec.from) : spec.from;
  const templates = templatesOf(envelopes, spec.batch, spec.key, run, worker);
  const visitors = visitorsOf(spec.sessions, startedAt);
  const width = CLIENT_BYTES + SESSION_BYTES;
  const usual = Buffer.from(`{"accepted":${spec.batch},"rejected":0}`);
  const all: Told = { accepted: spec.batch, rejected: 0 };
  return {
    body(sequence) {
      const one = templates[sequence % templates.length]!;
      // A stride that is prime spreads neighbours over the visitors.
      const visitor = ((sequence * 7_919) % spec.sessions) * width;
      return filled(one, sequence, Date.now(), visitors, visitor);
    },
    told: (answer) => (answer.equals(usual) ? all : toldBy(answer)),
  };
}

function templatesOf(
  envelopes: readonly TemplateEnvelope[],
  batch: number,
  key: string | null,
  run: string,
  worker: number,
): readonly Template[] {
  const events = envelopes.flatMap(({ ctx, events }) => events.map((event) => ({ ctx, event })));
  const templates: Template[] = [];
  let bytes = 0;
  for (let n = 0; n < Math.max(LEAST_TEMPLATES, events.length) && bytes < MOST_BYTES; n++) {
    const picked = Array.from({ length: batch }, (_, i) => events[(n * batch + i) % events.length]!);
    const made = template(
      { ctx: picked[0]!.ctx, events: picked.map(({ event }) => event) },
      key,
      run,
      worker,
    );
    bytes += made.bytes.length;
    templates.push(made);
  }
  return templates;
}

/** Client ids as Google Analytics makes them, and the start of a session in seconds. */
function visitorsOf(count: number, startedAt: number): Buffer {
  const next = random(count);
  const seconds = Math.floor(startedAt / 1000);
  const text = Array.from({ length: count }, () => {
    const number = 1_000_000_000 + Math.floor(next() * 1_000_000_000);
    return `${number}.${seconds - Math.floor(next() * 30 * 86_400)}${seconds}`;
  }).join('');
  return Buffer.from(text, 'latin1');
}

/** Parsed only where the answer is not the usual one. */
function toldBy(answer: Buffer): Told | null {
  try {
    const { accepted, rejected } = JSON.parse(answer.toString()) as Partial<Told>;
    if (Number.isSafeInteger(accepted) && Number.isSafeInteger(rejected))
      return { accepted: accepted!, rejected: rejected! };
  } catch {
    // Another kind of endpoint: its answers say nothing about events.
  }
  return null;
}
