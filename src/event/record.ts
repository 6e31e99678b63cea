/** Log records: their bytes, and back. */
import { isUtf8 } from 'node:buffer';
import type { Reason } from '../errors.js';
import type { EventRecord, RejectedRecord } from './fields.js';
import { sanitiseParsed } from './sanitise.js';
import { checkEvent, checkRejected, isKnownVersion } from './schema.js';
import { createScrubber } from './scrub.js';
import { clipBytes, isBag, wellFormed } from './text.js';

export type ReadRecord =
  | { readonly kind: 'event'; readonly event: EventRecord }
  | { readonly kind: 'rejected'; readonly record: RejectedRecord }
  | {
      readonly kind: 'unreadable';
      readonly reason: Reason;
      readonly pointer: string | null;
      /** What the record held, scrubbed: anybody may have written it. */
      readonly raw: string;
    };

const MAX_RAW = 65_536;
/** The built-in rules, whatever a source's own are: the result must follow from the bytes alone. */
const scrubber = createScrubber({ keys: [], allow: [] });

/** The bytes of a record. */
export const encode = (record: EventRecord | RejectedRecord): Buffer => Buffer.from(JSON.stringify(record));

/**
 * Reads a record's value. A pure function of the bytes: a worker that comes back after a crash counts the same
 * records as storable as the one before it (delivery.md §4). The event belongs to the caller. Never throws.
 */
export function readRecord(value: Buffer): ReadRecord {
  if (!isUtf8(value)) return unreadable('record_not_json', null, scrubbedText(value));
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return unreadable('record_not_json', null, scrubbedText(value));
  }
  if (!isBag(parsed)) return unreadable('record_not_json', null, scrubbedJson(parsed));
  const version = parsed.schema_version;
  if (Number.isSafeInteger(version) && !isKnownVersion(version as number))
    return unreadable('record_version', '/schema_version', scrubbedJson(parsed));
  const isRejected = Object.hasOwn(parsed, 'rejected');
  const wrong = (isRejected ? checkRejected : checkEvent)(parsed);
  if (wrong !== null) return unreadable('record_invalid', wrong, scrubbedJson(parsed));
  return isRejected
    ? { kind: 'rejected', record: parsed as unknown as RejectedRecord }
    : { kind: 'event', event: parsed as unknown as EventRecord };
}

const unreadable = (reason: Reason, pointer: string | null, raw: string): ReadRecord => ({
  kind: 'unreadable',
  reason,
  pointer,
  raw,
});

/** Text that is no JSON. Cut first: a record may have megabytes, of which 64 KiB are kept. */
function scrubbedText(value: Buffer): string {
  const text = clipBytes(value.toString('utf8', 0, MAX_RAW), MAX_RAW);
  return clipBytes(wellFormed(scrubber.text(text, { redactions: 0 })), MAX_RAW);
}

function scrubbedJson(value: unknown): string {
  return clipBytes(
    JSON.stringify(scrubber.tree(sanitiseParsed(value).value, { redactions: 0 })) ?? 'null',
    MAX_RAW,
  );
}
