import { guard } from './guard.js';
import { gaIds, type Ids, ownIds } from './ids.js';
import type { Settings } from './settings.js';
import { uuid } from './uuid.js';
import { VERSION } from './version.js';

/** Location and referrer may carry anything; a browser allows 2 MB. */
const MAX_LENGTH = 4096;
const VISITOR = 'stargate/visitor';
const PAUSE = 'stargate/pause';

const read = (name: string) => guard(() => localStorage.getItem(name)) || '';
const write = (name: string, value: string | number) =>
  guard(() => localStorage.setItem(name, String(value)));

/** The page at this moment: single-page applications move between events. */
export function pageNow(): object {
  const cut = (text: string) => text.slice(0, MAX_LENGTH);
  return { location: cut(location.href), title: cut(document.title), referrer: cut(document.referrer) };
}

/** GA's ids where its cookies are, else our own, kept in localStorage. Only called with consent. */
function visitorIds(): Ids {
  const ga: Ids = guard(() => gaIds(document.cookie)) || {};
  if (ga.client_id) return ga;
  const own = ownIds(read(VISITOR), Date.now(), uuid);
  write(VISITOR, own.text);
  return own.ids;
}

/** The next event is somebody else's. */
export const forgetVisitor = () => guard(() => localStorage.removeItem(VISITOR));

/** Keeps until when the collector wants to be left alone: the next page comes within seconds. */
export const rememberPause = (until: number) => write(PAUSE, until);

/** ms that are left of it, at most an hour: the clock may have been set. */
export function pauseLeft(): number {
  const left = Number(read(PAUSE)) - Date.now();
  return left > 0 ? Math.min(left, 3_600_000) : 0;
}

/** What an envelope's events share, but for the page. Anonymous: no id of any kind. */
export function contextNow(settings: Settings, anonymous: boolean, userId: string): object {
  const ids = anonymous ? undefined : visitorIds();
  if (ids) ids.user_id = userId || undefined;
  const { container, containerVersion, mode, preview } = settings;
  return {
    ids,
    mode: anonymous ? 'anonymous' : 'full',
    gtm: {
      container_id: container || containerOnPage(),
      container_version: containerVersion || undefined,
      mode,
    },
    device: {
      language: navigator.language,
      screen: `${screen.width}x${screen.height}`,
      viewport: `${innerWidth}x${innerHeight}`,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    tracker: VERSION,
    webdriver: navigator.webdriver || undefined,
    preview: preview || /[?&]gtm_debug=/.test(location.search) || undefined,
  };
}

function containerOnPage(): string | undefined {
  const { google_tag_manager: manager } = window as unknown as Record<string, unknown>;
  return Object.keys(Object(manager)).find((name) => /^GTM-/.test(name));
}
