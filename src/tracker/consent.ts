import { guard } from './guard.js';
import type { Settings } from './settings.js';

type State = 'granted' | 'denied' | 'unset';
type States = Record<string, State>;

const TYPES =
  'ad_storage ad_user_data ad_personalization analytics_storage functionality_storage personalization_storage security_storage';

export type Gate = 'full' | 'anonymous' | 'hold' | 'drop';

export interface Consent {
  /** The state of every type at this moment. */
  states(): States;
  /** What becomes of an event at this moment; `hold` waits in memory only. */
  gate(): Gate;
  /** Takes the two arguments of a gtag consent command. */
  command(action: unknown, values: unknown): void;
}

/**
 * Consent Mode's state: an update beats every default; among defaults the most specific region wins, then the
 * later one. Only GTM knows where the visitor is: without a known region a regional `denied` is obeyed everywhere
 * and a regional `granted` nowhere. `changed` is called when `wait_for_update` ends without an update.
 */
export function createConsent(
  settings: Pick<Settings, 'region' | 'strict' | 'anonymous' | 'gpc' | 'dnt'>,
  changed: () => void,
): Consent {
  const updates: States = {};
  const defaults: States = {};
  const ranks: Record<string, number> = {};
  let turn = 0;
  let isWaiting = false;

  function states(): States {
    const all: States = {};
    for (const type of TYPES.split(' ')) all[type] = updates[type] || defaults[type] || 'unset';
    const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { globalPrivacyControl?: boolean };
    const isOff = (settings.gpc && globalPrivacyControl) || (settings.dnt && doNotTrack === '1');
    if (isOff) all.analytics_storage = 'denied';
    return all;
  }

  function waitFor(ms: number): void {
    const mine = ++turn;
    isWaiting = ms > 0;
    const over = () => {
      if (mine !== turn) return;
      isWaiting = false;
      changed();
    };
    if (isWaiting) setTimeout(() => guard(over), ms);
  }

  return {
    states,
    gate() {
      const state = states().analytics_storage;
      if (isWaiting) return 'hold';
      if (state === 'granted' || (state === 'unset' && !settings.strict)) return 'full';
      if (settings.anonymous) return 'anonymous';
      return state === 'unset' ? 'hold' : 'drop';
    },
    command(action, values) {
      const given = Object(values);
      for (const type of TYPES.split(' ')) {
        const state = given[type];
        const rank = rankOf(given.region, settings.region, state);
        if (!/^(granted|denied)$/.test(state)) continue;
        if (action === 'update') updates[type] = state;
        else if (rank >= (ranks[type] || 0)) {
          ranks[type] = rank;
          defaults[type] = state;
        }
      }
      if (action === 'update' || given.wait_for_update)
        waitFor(action === 'update' ? 0 : given.wait_for_update);
    },
  };
}

/** 0 everywhere, 1 this country, 2 this very region, -1 not here. */
function rankOf(regions: unknown, here: string, state: State): number {
  const list = ([] as unknown[]).concat(regions || []);
  if (!list.length) return 0;
  if (!here) return state === 'denied' ? 1 : -1;
  if (list.indexOf(here) >= 0) return 2;
  return list.indexOf(here.slice(0, 2)) < 0 ? -1 : 1;
}
