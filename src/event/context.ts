/** What the events of an envelope share (`ctx`), read once: only values of the right type and form are left. */
import { type ConsentStates, readConsent, UNSET } from './consent.js';
import { readInteger } from './numbers.js';
import { type Notes, note, readBag, readShape, readText } from './text.js';

export interface PageContext {
  readonly location: string | null;
  readonly title: string | null;
  readonly referrer: string | null;
}

export interface Context {
  readonly page: PageContext;
  readonly clientId: string | null;
  readonly clientIdSource: string | null;
  /** As the site gave it; not scrubbed yet. */
  readonly userId: string | null;
  readonly sessionId: number | null;
  readonly sessionNumber: number | null;
  readonly consent: ConsentStates;
  /** The sender collects without ids by its own choice. */
  readonly anonymous: boolean;
  readonly gtm: {
    readonly containerId: string | null;
    readonly containerVersion: string | null;
    readonly mode: string | null;
  };
  readonly device: {
    readonly language: string | null;
    readonly screen: string | null;
    readonly viewport: string | null;
    readonly timeZone: string | null;
  };
  readonly tracker: string | null;
  readonly webdriver: boolean;
  readonly preview: boolean;
  /** Counts only where the key is a server's. */
  readonly trusted: { readonly ip: string | null; readonly userAgent: string | null };
}

const TOKEN = /^[\w.+-]{1,64}$/;
/** Client ids of GA, of our tracker and of the usual libraries. Never an e-mail address. */
const CLIENT_ID = /^[\w.:~+/=-]{1,128}$/;
const SIZE = /^\d{1,5}x\d{1,5}$/;
const LANGUAGE = /^[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,7}$/;
const TIME_ZONE = /^[A-Za-z][\w+/-]{0,63}$/;
const ID_SOURCE = /^(?:ga|stargate|legacy|mp)$/;

/** Reads a client id from any place of an event. */
export const readClientId = (value: unknown, pointer: string, notes: Notes): string | null =>
  readShape(value, CLIENT_ID, pointer, notes);

/** Reads a page; what the event itself does not say is taken from `before`, the page of its envelope. */
export function readPage(
  value: unknown,
  before: PageContext | null,
  pointer: string,
  notes: Notes,
): PageContext {
  const bag = readBag(value, pointer, notes);
  if (bag === null && before !== null) return before;
  return {
    location: readText(bag?.location, `${pointer}/location`, notes) ?? before?.location ?? null,
    title: readText(bag?.title, `${pointer}/title`, notes) ?? before?.title ?? null,
    referrer: readText(bag?.referrer, `${pointer}/referrer`, notes) ?? before?.referrer ?? null,
  };
}

/** Never throws and never refuses: what is wrong in a context is left out, with a note in every event's issues. */
export function readContext(value: unknown, notes: Notes): Context {
  const ctx = readBag(value, '/ctx', notes) ?? {};
  return {
    page: readPage(ctx.page, null, '/ctx/page', notes),
    ...readIds(ctx.ids, notes),
    consent: readConsent(ctx.consent, UNSET, '/ctx/consent', notes),
    anonymous: readMode(ctx.mode, notes),
    gtm: readGtm(ctx.gtm, notes),
    device: readDevice(ctx.device, notes),
    tracker: readShape(ctx.tracker, TOKEN, '/ctx/tracker', notes),
    webdriver: ctx.webdriver === true,
    preview: ctx.preview === true,
    trusted: readTrusted(ctx.trusted, notes),
  };
}

function readMode(mode: unknown, notes: Notes): boolean {
  if (mode !== undefined && mode !== null && mode !== 'full' && mode !== 'anonymous')
    note(notes, '/ctx/mode', 'neither full nor anonymous, taken as full');
  return mode === 'anonymous';
}

function readIds(value: unknown, notes: Notes) {
  const ids = readBag(value, '/ctx/ids', notes) ?? {};
  return {
    clientId: readClientId(ids.client_id, '/ctx/ids/client_id', notes),
    clientIdSource: readShape(ids.client_id_source, ID_SOURCE, '/ctx/ids/client_id_source', notes),
    userId: readText(ids.user_id, '/ctx/ids/user_id', notes, 256),
    sessionId: readInteger(ids.session_id, '/ctx/ids/session_id', notes),
    sessionNumber: readInteger(ids.session_number, '/ctx/ids/session_number', notes),
  };
}

function readGtm(value: unknown, notes: Notes): Context['gtm'] {
  const gtm = readBag(value, '/ctx/gtm', notes) ?? {};
  return {
    containerId: readShape(gtm.container_id, TOKEN, '/ctx/gtm/container_id', notes),
    containerVersion: readShape(gtm.container_version, TOKEN, '/ctx/gtm/container_version', notes),
    mode: readShape(gtm.mode, TOKEN, '/ctx/gtm/mode', notes),
  };
}

function readDevice(value: unknown, notes: Notes): Context['device'] {
  const device = readBag(value, '/ctx/device', notes) ?? {};
  return {
    language: readShape(device.language, LANGUAGE, '/ctx/device/language', notes),
    screen: readShape(device.screen, SIZE, '/ctx/device/screen', notes),
    viewport: readShape(device.viewport, SIZE, '/ctx/device/viewport', notes),
    timeZone: readShape(device.time_zone, TIME_ZONE, '/ctx/device/time_zone', notes),
  };
}

function readTrusted(value: unknown, notes: Notes): Context['trusted'] {
  const trusted = readBag(value, '/ctx/trusted', notes) ?? {};
  return {
    ip: readText(trusted.ip, '/ctx/trusted/ip', notes, 64),
    userAgent: readText(trusted.user_agent, '/ctx/trusted/user_agent', notes, 512),
  };
}
