import { guard } from './guard.js';
import { uuidTime } from './uuid.js';

const MAX_EVENTS = 200;
const MAX_LENGTH = 256 * 1024;
const MAX_AGE = 24 * 3_600_000;

export interface Store {
  /** Keeps a text under an event's id; answers where, or '' where storage refuses. */
  put(id: string, text: string): string;
  drop(at: string): void;
  /** Hands over what pages that are gone left behind. From then on it belongs to this page. */
  adopt(take: (at: string, id: string, text: string) => void): void;
  /** Removes everything, also of other pages: consent was withdrawn. */
  purge(): void;
  /** Says that this page lives: others leave its events alone. */
  open(): void;
  /** Ends that, so that the next page finds them. */
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
  let release = () => {};
  let alive: Promise<void> | undefined;

  const idOf = (at: string) => at.slice(at.lastIndexOf('/') + 1);
  /** Oldest first. */
  const stored = () =>
    (guard(() => Object.keys(disk!)) || [])
      .filter((at) => at.indexOf(prefix) === 0)
      .sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const drop = (at: string) => guard(() => disk!.removeItem(at));
  const read = (at: string) => guard(() => disk!.getItem(at)) || '';

  /** Drops the oldest until one more event of this length fits. */
  function makeRoom(length: number): void {
    const all = stored();
    let total = all.reduce((sum, at) => sum + read(at).length, length);
    while (all.length && (all.length >= MAX_EVENTS || total > MAX_LENGTH)) {
      const oldest = all.shift()!;
      total -= read(oldest).length;
      drop(oldest);
    }
  }

  function takeOver(owner: string, take: (at: string, id: string, text: string) => void): void {
    for (const at of stored()) {
      if (at.indexOf(`${prefix + owner}/`) !== 0) continue;
      const age = Date.now() - uuidTime(idOf(at));
      if (Math.abs(age) < MAX_AGE) take(at, idOf(at), read(at));
      else drop(at);
    }
  }

  return {
    drop,
    put(id, text) {
      const at = `${prefix + page}/${id}`;
      return (
        guard(() => {
          makeRoom(text.length);
          disk!.setItem(at, text);
          return at;
        }) || ''
      );
    },
    adopt(take) {
      const owners = new Set(stored().map((at) => at.slice(prefix.length, at.lastIndexOf('/'))));
      for (const owner of Array.from(owners)) {
        if (owner === page || !locks) takeOver(owner, take);
        else {
          const whenFree = (lock: Lock | null) => {
            if (lock) guard(() => takeOver(owner, take));
            return lock && alive;
          };
          locks.request(prefix + owner, { ifAvailable: true }, whenFree).catch(() => {});
        }
      }
    },
    purge: () => stored().forEach(drop),
    open() {
      alive = new Promise((resolve) => {
        release = resolve;
      });
      if (locks) locks.request(prefix + page, () => alive).catch(() => {});
    },
    close: () => release(),
  };
}
