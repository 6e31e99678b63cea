/** From a line of a file, or a row of events_rejected, to log records again: today's rules decide anew. Never throws. */
import { isStargateError } from '../errors.js';
import { type Envelope, parseEnvelope } from './parse.js';
import { createPreparer, type Preparer } from './prepare.js';
import { readRecord } from './record.js';
import type { SourcePolicy } from './source.js';
import { isBag } from './text.js';

/** Something to be taken in again. */
export interface ReplayLine {
  /** JSON of an event, an envelope, a log record, or a row of events_rejected. */
  readonly text: string;
  /** ms since 1970 when it first came in. */
  readonly receivedAt: number;
  readonly source: string | null;
  /** For an event without one; the same each time, so that a second replay is known as a repeat. */
  readonly id: string | null;
}

export type Replayed =
  | {
      readonly status: 'accepted';
      readonly name: string;
      readonly value: Buffer;
      readonly visitor: string | null;
    }
  | { readonly status: 'refused'; readonly reason: string };

/** `fallback` is the policy of lines whose source is not configured; they keep its name. */
export function createReplayer(
  policies: readonly SourcePolicy[],
  fallback: SourcePolicy,
): (line: ReplayLine) => readonly Replayed[] {
  const preparers = new Map<string, Preparer>();
  const prepareOf = (source: string): Preparer => {
    const policy = policies.find(({ id }) => id === source) ?? { ...fallback, id: source };
    const prepare = preparers.get(source) ?? createPreparer(policy);
    preparers.set(source, prepare);
    return prepare;
  };
  return (given) => {
    const line = unwrapped(given);
    if (line.text === '') return [{ status: 'refused', reason: 'nothing_kept' }];
    const bytes = Buffer.from(line.text);
    const record = readRecord(bytes);
    if (record.kind === 'event')
      return [
        {
          ...ACCEPTED,
          name: record.event.event_name,
          value: bytes,
          visitor: record.event.user_pseudo_id ?? null,
        },
      ];
    const envelope = envelopeOf(line);
    if (typeof envelope === 'string') return [{ status: 'refused', reason: envelope }];
    return prepareOf(line.source ?? fallback.id)(envelope, factsOf(line)).map((prepared): Replayed => {
      if (prepared.status === 'rejected') return { status: 'refused', reason: prepared.reason };
      const { event_name } = JSON.parse(prepared.value.toString('utf8'));
      return { ...ACCEPTED, name: event_name, value: prepared.value, visitor: prepared.visitor };
    });
  };
}

const ACCEPTED = { status: 'accepted' } as const;

const factsOf = ({ receivedAt }: ReplayLine) =>
  ({ receivedAt, ingestPath: 'v1', origin: null, userAgent: '', address: null }) as const;

/** A row of events_rejected, or a rejected log record, becomes what it holds. */
function unwrapped(line: ReplayLine): ReplayLine {
  const value = parsed(line.text);
  if (!isBag(value) || typeof value.raw !== 'string' || !('reason' in value || 'rejected' in value))
    return line;
  const received = Date.parse(String(value.received_at));
  const place = [value.kafka_topic, value.kafka_partition, value.kafka_offset];
  return {
    text: value.raw,
    receivedAt: Number.isFinite(received) ? received : line.receivedAt,
    source: typeof value.source_id === 'string' ? value.source_id : line.source,
    id: place.every((part) => part !== undefined) ? `rejected-${place.join('-')}` : line.id,
  };
}

/** The envelope, or why there is none. */
function envelopeOf({ text, id }: ReplayLine): Envelope | string {
  const value = parsed(text);
  if (!isBag(value)) return 'event_not_object';
  const whole = value.v === 1 && Array.isArray(value.events);
  const event = (value.id === undefined || value.id === null) && id !== null ? { ...value, id } : value;
  try {
    return parseEnvelope(Buffer.from(JSON.stringify(whole ? value : { v: 1, events: [event] })));
  } catch (error) {
    return isStargateError(error) ? error.code : 'event_not_object';
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
