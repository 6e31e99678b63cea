/** One accepted event: from its wire form to its columns. */
import { withoutIds } from './anonymous.js';
import { botReasons } from './bots.js';
import { boolColumn, jsonColumn, listColumn, numberColumn, textColumn, tokenColumn } from './columns.js';
import { type Commerce, readCommerce } from './commerce.js';
import { allows, type ConsentStates, consentText } from './consent.js';
import { type Context, readClientId, readPage } from './context.js';
import type { Envelope } from './envelope.js';
import { LEGACY_NAMES, type Legacy, readLegacy } from './legacy.js';
import { readInteger } from './numbers.js';
import { createPageWriter } from './page-columns.js';
import { sanitiseParsed } from './sanitise.js';
import type { Scrubber, Tally } from './scrub.js';
import type { Shared } from './shared.js';
import type { PreparedEvent, RequestFacts, SourcePolicy } from './source.js';
import { type Bag, clip, isBag, type Notes, note, readBag, wellFormed } from './text.js';
import { eventTime, isoTime, readTime } from './time.js';
import { utf8 } from './utf8.js';

/** An event that passed the rules, with what was decided about it. */
export interface EventInput {
  readonly event: Bag;
  readonly id: string;
  readonly hasId: boolean;
  readonly consent: ConsentStates;
  readonly isAnonymous: boolean;
  readonly notes: Notes;
  readonly bytes: number;
}

export type EventWriter = (
  input: EventInput,
  envelope: Envelope,
  facts: RequestFacts,
  shared: Shared,
) => Extract<PreparedEvent, { status: 'accepted' }>;

export function createEventWriter(
  policy: SourcePolicy,
  scrubber: Scrubber,
  dateOf: (ms: number) => string,
): EventWriter {
  const pageOf = createPageWriter(scrubber);
  return (input, envelope, facts, shared) => {
    const { event, isAnonymous, notes, consent } = input;
    const { context } = envelope;
    const tally: Tally = { redactions: 0 };
    const truncated: string[] = [];
    const push = payloadOf(event, isAnonymous, scrubber, tally, truncated, notes);
    const legacy = readLegacy(
      legacyOf(event, isAnonymous, scrubber, tally, notes),
      isBag(push) ? push : null,
      notes,
    );
    const id = idOf(input.id, scrubber, tally, notes);
    const identity = identityOf(event, context, legacy, isAnonymous, shared, tally, notes);
    const hasAds = !isAnonymous && allows(consent.ad_storage, policy.consent);
    const page = pageOf(readPage(event.page, context.page, '/page', notes), hasAds, tally);
    const commerce = isBag(push) ? readCommerce(push, notes) : null;
    const time = timeColumns(event, envelope, facts, policy, dateOf, notes);
    const name = nameOf(event, push, legacy, scrubber, tally, notes);
    if (facts.ingestPath === 'v1' || facts.ingestPath === 'gif') noteMissing(event, input.hasId, notes);
    const reasons = botReasons({
      agent: shared.agent?.botReasons ?? [],
      webdriver: context.webdriver,
      preview: context.preview,
      hostname: page.hostname,
      referrer: page.referrer,
    });
    const text =
      `{${textColumn('event_id', id).slice(1)}` +
      time +
      textColumn('event_name', name) +
      shared.columns(isAnonymous) +
      identity.columns +
      page.columns +
      jsonColumn('consent', consentText(consent)) +
      tokenColumn('collection_mode', isAnonymous ? 'anonymous' : 'full') +
      (commerce === null ? '' : commerceColumns(commerce)) +
      legacyColumns(legacy, isAnonymous) +
      jsonColumn('data_layer', push === undefined || push === null ? null : JSON.stringify(push)) +
      jsonColumn('gtm', gtmText(context, push)) +
      listColumn('truncated', truncated) +
      numberColumn('payload_bytes', input.bytes) +
      boolColumn('is_bot', reasons.length > 0) +
      listColumn('bot_reasons', reasons) +
      numberColumn('pii_redactions', tally.redactions) +
      listColumn('issues', notes) +
      '}';
    return { status: 'accepted', id, value: utf8(text), visitor: identity.visitor };
  };
}

const MAX_ID = 128;
const MAX_NAME = 256;

/** Ids keep their digits, whatever number they look like, but never an e-mail address. */
function idOf(given: string, scrubber: Scrubber, tally: Tally, notes: Notes): string {
  const id = clip(wellFormed(given), MAX_ID);
  if (id !== given) note(notes, '/id', 'not as it was sent: cut, or with characters replaced');
  return id.includes('@') ? scrubber.text(id, tally) : id;
}

function noteMissing(event: Bag, hasId: boolean, notes: Notes): void {
  if (!hasId) note(notes, '/id', 'absent, made by the collector');
  if (event.ts === undefined || event.ts === null)
    note(notes, '/ts', 'absent, the time of arrival was taken');
}

/** The push: sanitised, scrubbed, in anonymous mode without ids. */
function payloadOf(
  event: Bag,
  isAnonymous: boolean,
  scrubber: Scrubber,
  tally: Tally,
  truncated: string[],
  notes: Notes,
): unknown {
  if (event.data_layer === undefined || event.data_layer === null) return undefined;
  const clean = sanitiseParsed(event.data_layer);
  // The tracker has cut before us, and says where.
  if (Array.isArray(event.truncated))
    for (const pointer of event.truncated.slice(0, 50))
      if (typeof pointer === 'string') truncated.push(scrubber.text(clip(wellFormed(pointer), 256), tally));
  // A pointer is made of keys, and a key can be somebody's address.
  for (const pointer of clean.truncated) truncated.push(scrubber.text(pointer, tally));
  for (const text of clean.notes) note(notes, scrubber.text(`/data_layer${text}`, tally));
  const scrubbed = scrubber.tree(clean.value, tally);
  return isAnonymous ? withoutIds(scrubbed) : scrubbed;
}

function legacyOf(
  event: Bag,
  isAnonymous: boolean,
  scrubber: Scrubber,
  tally: Tally,
  notes: Notes,
): Bag | null {
  const bag = readBag(event.legacy, '/legacy', notes);
  if (bag === null) return null;
  const scrubbed = scrubber.tree(sanitiseParsed(bag).value, tally);
  return (isAnonymous ? withoutIds(scrubbed) : scrubbed) as Bag;
}

function nameOf(
  event: Bag,
  push: unknown,
  legacy: Legacy,
  scrubber: Scrubber,
  tally: Tally,
  notes: Notes,
): string {
  const pushed = isBag(push) && typeof push.event === 'string' ? push.event : '';
  const given = typeof event.name === 'string' ? event.name : '';
  const name = given || pushed || legacy.hitType || 'unnamed';
  if (name.length > MAX_NAME) note(notes, '/name', `cut to ${MAX_NAME} characters`);
  return scrubber.text(wellFormed(clip(name, MAX_NAME)), tally);
}

function identityOf(
  event: Bag,
  context: Context,
  legacy: Legacy,
  isAnonymous: boolean,
  shared: Shared,
  tally: Tally,
  notes: Notes,
): { visitor: string | null; columns: string } {
  if (isAnonymous) return { visitor: null, columns: '' };
  const own = context.clientId;
  const visitor = own ?? readClientId(legacy.clientId, '/legacy/clientId', notes);
  const source = own === null ? (visitor === null ? null : 'legacy') : context.clientIdSource;
  tally.redactions += shared.userId?.redactions ?? 0;
  const sessionId = readInteger(event.session_id, '/session_id', notes) ?? context.sessionId;
  const sessionNumber = readInteger(event.session_number, '/session_number', notes) ?? context.sessionNumber;
  const columns =
    tokenColumn('user_pseudo_id', visitor) +
    tokenColumn('client_id_source', source) +
    textColumn('user_id', shared.userId?.text) +
    numberColumn('session_id', sessionId) +
    numberColumn('session_number', sessionNumber);
  return { visitor, columns };
}

function timeColumns(
  event: Bag,
  { sentAt }: Envelope,
  { receivedAt, ingestPath }: RequestFacts,
  policy: SourcePolicy,
  dateOf: (ms: number) => string,
  notes: Notes,
): string {
  const ts = readTime(event.ts, ingestPath === 'mp' ? '/timestamp_micros' : '/ts', notes);
  // A server's clock is trusted: its times are stored as they are, old ones too.
  const at = policy.kind === 'server' && ts !== null ? ts : eventTime(ts, sentAt, receivedAt, notes);
  return (
    tokenColumn('event_timestamp', isoTime(at)) +
    tokenColumn('client_timestamp', ts === null ? null : isoTime(ts)) +
    tokenColumn('event_date', dateOf(at))
  );
}

const commerceColumns = (commerce: Commerce): string =>
  textColumn('transaction_id', commerce.transaction_id) +
  tokenColumn('value', commerce.value) +
  textColumn('currency', commerce.currency) +
  tokenColumn('tax', commerce.tax) +
  tokenColumn('shipping', commerce.shipping) +
  textColumn('coupon', commerce.coupon) +
  jsonColumn('items', commerce.items);

function legacyColumns(legacy: Legacy, isAnonymous: boolean): string {
  let columns = '';
  for (const name of LEGACY_NAMES) {
    if (name === 'clientId' && isAnonymous) continue;
    columns += textColumn(name, legacy[name]);
  }
  return columns;
}

/** The tokens need no escape: their form was checked. */
function gtmText({ gtm }: Context, push: unknown): string | null {
  const unique = isBag(push) ? push['gtm.uniqueEventId'] : undefined;
  let text = '';
  if (gtm.containerId !== null) text += `,"container_id":"${gtm.containerId}"`;
  if (gtm.containerVersion !== null) text += `,"container_version":"${gtm.containerVersion}"`;
  if (Number.isSafeInteger(unique)) text += `,"unique_event_id":${unique}`;
  if (gtm.mode !== null) text += `,"mode":"${gtm.mode}"`;
  return text === '' ? null : `{${text.slice(1)}}`;
}
