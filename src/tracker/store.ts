import { guard } from './guard.js';
import { uuidTime } from './uuid.js';

const UUID_LENGTH = 36;
const MAX_AGE = 24 * 3_600_000;

export interface Store {
  /** Keeps a text under an event's id; answers where, or '' where storage refuses. */
  put(id: string, text: string): string;
  drop(at: string): void;
  /** Hands over what pages that are gone left behind, and says when one page's is complete. From then on it belongs to this page. */
  adopt(take: (at: string, id: string, text: string) => void, complete: () => void): void;
  /** Removes everything that any page of ours stored: consent was withdrawn. */
  purge(): void;
  /** Says that this page lives: others leave its events alone. */
  open(): void;
  /** Ends that, so that the next page finds them, and the browser may keep this one for the way back. */
  close(): void;
}

/**
 * The queue in localStorage: one key an event, `stargate/KEY/PAGE/ID`. Every page writes and sends only its own, so
 * tabs never overwrite each other. A page that lives holds a Web Lock of its name; whoever gets the lock of another
 * page knows that it is gone, and keeps that lock while it sends what was left. Where there are no locks, pages may
 * send the same event twice, with one id.
 */
export function createStore(key: string, page: string): Store {
  const prefix = `stargate/${key}/`;
  const disk = guard(() => localStorage);
  const locks = navigator.locks;
  let release: () => void;
  let alive: Promise<void>;

  const idOf = (at: string) => at.slice(-UUID_LENGTH);
  /** Oldest first. */
  const keys = (start: string) =>
    (guard(() => Object.keys(disk!)) || [])
      .filter((at) => at.indexOf(start) === 0)
      .sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const drop = (at: string) => void guard(() => disk!.removeItem(at));
  const lock = (owner: string, ifAvailable: boolean, run: (lock: Lock | null) => unknown) =>
    guard(() => locks.request(prefix + owner, { ifAvailable }, run).catch(() => {}));

  return {
    drop,
    put(id, text) {
      const at = `${prefix + page}/${id}`;
      const put = () => {
        disk!.setItem(at, text);
        return at;
      };
      return guard(put) || '';
    },
    adopt(take, complete) {
      for (const owner of new Set(keys(prefix).map((at) => at.slice(prefix.length, -UUID_LENGTH - 1)))) {
        const takeOver = () => {
          for (const at of keys(`${prefix + owner}/`)) {
            const isFresh = Math.abs(Date.now() - uuidTime(idOf(at))) < MAX_AGE;
            if (isFresh) guard(() => take(at, idOf(at), disk!.getItem(at)!));
            else drop(at);
          }
          complete();
          return alive;
        };
        if (owner === page || !locks) takeOver();
        else lock(owner, true, (got) => got && takeOver());
      }
    },
    purge: () => keys('stargate/').forEach(drop),
    open() {
      alive = new Promise((resolve) => {
        release = resolve;
      });
      lock(page, false, () => alive);
    },
    close: () => guard(() => release()),
  };
}
