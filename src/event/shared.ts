/** Columns that the events of a request share, written once for each way of collecting. */
import { truncateAddress } from './address.js';
import { flat, textColumn, tokenColumn } from './columns.js';
import { type Agent, agentOf } from './device.js';
import type { Envelope } from './envelope.js';
import { SCHEMA_VERSION } from './fields.js';
import type { Scrubber } from './scrub.js';
import type { RequestFacts, SourcePolicy } from './source.js';
import { clip } from './text.js';
import { isoTime } from './time.js';

export interface Shared {
  /** Columns of the request, the device and the place. */
  columns(isAnonymous: boolean): string;
  readonly agent: Agent | null;
  readonly userId: { readonly text: string; readonly redactions: number } | null;
}

export function shareColumns(
  envelope: Envelope,
  facts: RequestFacts,
  policy: SourcePolicy,
  scrubber: Scrubber,
): Shared {
  const { context } = envelope;
  // A server speaks for its visitors: its own address and agent say nothing about them.
  const isServer = policy.kind === 'server';
  const address = isServer ? context.trusted.ip : facts.address;
  const userAgent = isServer ? context.trusted.userAgent : facts.userAgent;
  const agent = userAgent === null ? null : agentOf(userAgent);
  const known: (string | undefined)[] = [];
  return {
    agent,
    userId: scrubbedId(context.userId, scrubber),
    columns: (isAnonymous) =>
      (known[isAnonymous ? 1 : 0] ??= flat(
        requestColumns(envelope, facts, policy) +
          deviceColumns(envelope, agent, isAnonymous) +
          (isAnonymous ? '' : tokenColumn('ip_truncated', truncateAddress(address))),
      )),
  };
}

function scrubbedId(userId: string | null, scrubber: Scrubber): Shared['userId'] {
  if (userId === null) return null;
  const tally = { redactions: 0 };
  return { text: scrubber.text(userId, tally), redactions: tally.redactions };
}

const requestColumns = ({ sentAt, context }: Envelope, facts: RequestFacts, policy: SourcePolicy): string =>
  `,"schema_version":${SCHEMA_VERSION}` +
  tokenColumn('received_at', isoTime(facts.receivedAt)) +
  tokenColumn('sent_at', sentAt === null ? null : isoTime(sentAt)) +
  textColumn('source_id', policy.id) +
  textColumn('origin', facts.origin === null ? null : clip(facts.origin, 256)) +
  tokenColumn('ingest_path', facts.ingestPath) +
  tokenColumn('tracker_version', context.tracker);

const deviceColumns = (
  { context: { device } }: Envelope,
  agent: Agent | null,
  isAnonymous: boolean,
): string =>
  (agent === null ? '' : isAnonymous ? agent.reducedColumns : agent.columns) +
  tokenColumn('language', device.language) +
  tokenColumn('screen', device.screen) +
  tokenColumn('viewport', device.viewport) +
  tokenColumn('time_zone', device.timeZone);
