export interface Ids {
  client_id?: string;
  client_id_source?: 'ga' | 'stargate';
  session_id?: number;
  session_number?: number;
  user_id?: string | undefined;
}

/**
 * Google Analytics' ids from `document.cookie`: `_ga=GA1.1.X.Y` gives X.Y, `_ga_STREAM` the session (both forms,
 * `GS1.1.ID.NUMBER.…` and `GS2.1.sID$oNUMBER$…`). With several streams the latest session wins.
 */
export function gaIds(cookies: string): Ids {
  const ids: Ids = {};
  for (const cookie of cookies.split(/;\s*/)) {
    const [, client] = /^_ga=GA1\.[^.]+\.(\d+\.\d+)$/.exec(cookie) || [];
    if (client) Object.assign(ids, { client_id: client, client_id_source: 'ga' });
    const [, session, count] = /^_ga_\w+=GS\d\.[^.]+\.s?(\d+)(?:\.|\$o)(\d+)/.exec(cookie) || [];
    if (Number(session) > (ids.session_id || 0)) {
      ids.session_id = Number(session);
      ids.session_number = Number(count);
    }
  }
  return ids;
}

const SESSION_SECONDS = 1800;

/** Our own visitor, as kept in one localStorage value: client id, session id, session number, last seen (s). */
export interface Visitor {
  readonly ids: Ids;
  readonly text: string;
}

/** Continues the stored visitor, or starts one. A session ends after 30 idle minutes; its id is its start in s. */
export function ownIds(stored: string, now: number, fresh: () => string): Visitor {
  const seconds = Math.floor(now / 1000);
  const known = /^[\w-]+(\/\d{1,12}){3}$/.test(stored);
  const [id, session, count, last] = known ? stored.split('/') : [fresh(), 0, 0, 0];
  const isOver = Math.abs(seconds - Number(last)) > SESSION_SECONDS;
  const session_id = isOver ? seconds : Number(session);
  const session_number = Number(count) + Number(isOver);
  const ids: Ids = { client_id: String(id), client_id_source: 'stargate', session_id, session_number };
  return { ids, text: [id, session_id, session_number, seconds].join('/') };
}
