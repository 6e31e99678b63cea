/** From an envelope to log records: the rules about single events, privacy, and the columns. Never throws. */
import type { Reason } from '../errors.js';
import { allows, readConsent } from './consent.js';
import { MAX_EVENT_DEPTH } from './decode.js';
import type { Envelope, RawEvent } from './envelope.js';
import { createEventWriter, type EventInput } from './event.js';
import { createRejecter } from './reject.js';
import { createScrubber } from './scrub.js';
import { shareColumns } from './shared.js';
import type { PreparedEvent, RequestFacts, SourcePolicy } from './source.js';
import { type Bag, isBag } from './text.js';
import { datesIn } from './time.js';
import { uuidv7 } from './uuid.js';

/** An event's own limit in the body; what is larger is rejected, however little of it would be stored. */
export const MAX_EVENT_BYTES = 65_536;

export interface PrepareOptions {
  /** Makes an id for an event without one. Default: UUIDv7 of the time of arrival. */
  readonly newId?: (now: number) => string;
}

export type Preparer = (envelope: Envelope, facts: RequestFacts) => PreparedEvent[];

interface Fault {
  readonly reason: Reason;
  /** Relative to the event. */
  readonly pointer: string;
}

/** One result per event, in order. Throws a RangeError at once where the policy's time zone is not known. */
export function createPreparer(policy: SourcePolicy, { newId = uuidv7 }: PrepareOptions = {}): Preparer {
  const scrubber = createScrubber(policy.scrub);
  const reject = createRejecter(policy, scrubber);
  const write = createEventWriter(policy, scrubber, datesIn(policy.timeZone));

  return (envelope, facts) => {
    const shared = shareColumns(envelope, facts, policy, scrubber);
    return envelope.events.map((raw): PreparedEvent => {
      const { value } = raw;
      const isEvent = isBag(value);
      const notes = [...envelope.notes];
      const before = envelope.context.consent;
      const consent = isEvent ? readConsent(value.consent, before, '/consent', notes) : before;
      const isDenied = !allows(consent.analytics_storage, policy.consent);
      const id = isEvent && typeof value.id === 'string' && value.id !== '' ? value.id : null;
      if (isDenied && !policy.anonymous)
        return reject(raw, { reason: 'consent_denied', pointer: '' }, facts, false);
      const isAnonymous = isDenied || envelope.context.anonymous;
      const fault = faultOf(raw, facts.ingestPath);
      if (fault !== null) return reject(raw, fault, facts, isAnonymous);
      const input: EventInput = {
        event: value as Bag,
        id: id ?? newId(facts.receivedAt),
        hasId: id !== null,
        consent,
        isAnonymous,
        notes,
        bytes: raw.bytes,
      };
      return write(input, envelope, facts, shared);
    });
  };
}

function faultOf({ value, bytes, depth }: RawEvent, path: RequestFacts['ingestPath']): Fault | null {
  if (!isBag(value)) return { reason: 'event_not_object', pointer: '' };
  if (bytes > MAX_EVENT_BYTES) return { reason: 'event_too_large', pointer: '' };
  if (depth > MAX_EVENT_DEPTH) return { reason: 'event_too_deep', pointer: '' };
  if (!isOptional(value.id, 'string')) return { reason: 'field_type', pointer: '/id' };
  if (!isOptional(value.name, 'string')) return { reason: 'field_type', pointer: '/name' };
  if (!isOptional(value.ts, 'number'))
    return { reason: 'field_type', pointer: path === 'mp' ? '/timestamp_micros' : '/ts' };
  return null;
}

const isOptional = (value: unknown, type: 'string' | 'number'): boolean =>
  value === undefined || value === null || typeof value === type;
