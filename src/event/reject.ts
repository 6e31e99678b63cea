/** Rejected events: stored like any other record, with the reason and what arrived, scrubbed. */
import type { Reason } from '../errors.js';
import { withoutIds } from './anonymous.js';
import type { RawEvent } from './envelope.js';
import { type RejectedRecord, SCHEMA_VERSION } from './fields.js';
import { encode } from './record.js';
import { sanitiseParsed } from './sanitise.js';
import type { Scrubber } from './scrub.js';
import type { PreparedEvent, RequestFacts, SourcePolicy } from './source.js';
import { clip, clipBytes, isBag, wellFormed } from './text.js';
import { isoTime } from './time.js';

const MAX_RAW = 65_536;

export type Rejecter = (
  raw: RawEvent,
  fault: { readonly reason: Reason; readonly pointer: string },
  facts: RequestFacts,
  isAnonymous: boolean,
) => PreparedEvent;

export function createRejecter(policy: SourcePolicy, scrubber: Scrubber): Rejecter {
  return (raw, { reason, pointer }, facts, isAnonymous) => {
    // Without consent nothing of the visitor is kept, not even what was wrong.
    const isSecret = reason === 'consent_denied';
    const record: RejectedRecord = {
      schema_version: SCHEMA_VERSION,
      received_at: isoTime(facts.receivedAt),
      source_id: policy.id,
      rejected: { reason, pointer },
      raw: isSecret ? '' : rawText(raw.original, scrubber, isAnonymous),
    };
    return {
      status: 'rejected',
      id: isSecret ? null : idOf(raw.value),
      reason,
      pointer: raw.pointer + pointer,
      value: encode(record),
    };
  };
}

/** What arrived, as JSON: cut by the sanitiser's limits, scrubbed, at most 64 KiB. */
export function rawText(value: unknown, scrubber: Scrubber, isAnonymous: boolean): string {
  const scrubbed = scrubber.tree(sanitiseParsed(value).value, { redactions: 0 });
  const text = JSON.stringify(isAnonymous ? withoutIds(scrubbed) : scrubbed) ?? 'null';
  return clipBytes(text, MAX_RAW);
}

const idOf = (value: unknown): string | null =>
  isBag(value) && typeof value.id === 'string' && value.id !== '' ? clip(wellFormed(value.id), 128) : null;
