import { guard } from './guard.js';
import { gaIds, type Ids, ownIds } from './ids.js';
import type { Settings } from './settings.js';
import { uuid } from './uuid.js';
import { VERSION } from './version.js';

/** Location and referrer may carry anything; a browser allows 2 MB. */
const MAX_URL = 4096;
const MAX_TITLE = 512;
const VISITOR = 'stargate.visitor';
const PAUSE = 'stargate.pause';

/** The page at this moment: single-page applications move between events. */
export function pageNow(): string {
  return JSON.stringify({
    location: location.href.slice(0, MAX_URL),
    title: document.title.slice(0, MAX_TITLE),
    referrer: document.referrer.slice(0, MAX_URL),
  });
}

/** GA's ids where its cookies are, else our own, kept in localStorage. Only called with consent. */
function visitorIds(): Ids {
  const ga = guard(() => gaIds(document.cookie)) || {};
  if (ga.client_id) return ga;
  const own = ownIds(guard(() => localStorage.getItem(VISITOR)) || null, Date.now(), uuid);
  guard(() => localStorage.setItem(VISITOR, own.text));
  return own.ids;
}

/** Removes what is kept about the visitor, and on `all` everything but the queue. */
export function forget(all: boolean): void {
  guard(() => localStorage.removeItem(VISITOR));
  if (all) guard(() => localStorage.removeItem(PAUSE));
}

/** Keeps until when the collector wants to be left alone: the next page comes within seconds. */
export function rememberPause(until: number): void {
  localStorage.setItem(PAUSE, String(until));
}

/** ms that are left of it, at most an hour: the clock may have been set. */
export function pauseLeft(): number {
  const left = guard(() => Number(localStorage.getItem(PAUSE)) - Date.now()) || 0;
  return left > 0 ? Math.min(left, 3_600_000) : 0;
}

/** What an envelope's events share, without page and consent. Anonymous: no id of any kind. */
export function contextNow(settings: Settings, anonymous: boolean, userId: string): string {
  const ids = anonymous ? undefined : visitorIds();
  if (ids && userId) ids.user_id = userId;
  const { container, containerVersion } = settings;
  const zone = guard(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  return JSON.stringify({
    ids,
    mode: anonymous ? 'anonymous' : 'full',
    gtm: {
      container_id: container || containerOnPage(),
      container_version: containerVersion || undefined,
      mode: settings.mode,
    },
    device: {
      language: navigator.language,
      screen: `${screen.width}x${screen.height}`,
      viewport: `${innerWidth}x${innerHeight}`,
      time_zone: zone,
    },
    tracker: VERSION,
    webdriver: navigator.webdriver || undefined,
    preview: settings.preview || /[?&]gtm_debug=/.test(location.search) || undefined,
  });
}

function containerOnPage(): string | undefined {
  const manager = (window as unknown as Record<string, unknown>).google_tag_manager;
  return guard(() => Object.keys(manager as object).filter((name) => /^GTM-/.test(name))[0]);
}
