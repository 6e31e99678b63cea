export type ConsentState = 'granted' | 'denied' | 'unset';

export const CONSENT_TYPES = [
  'ad_storage',
  'ad_user_data',
  'ad_personalization',
  'analytics_storage',
  'functionality_storage',
  'personalization_storage',
  'security_storage',
] as const;

export interface Consent {
  /** Takes the two arguments of a gtag consent command; answers the ms that `wait_for_update` asks for. */
  command(action: unknown, values: unknown): number;
  all(): Record<string, ConsentState>;
}

/**
 * Consent Mode's state: an update beats every default; among defaults the most specific region wins, then the
 * later one. Only GTM knows where the visitor is: without a known region a regional `denied` is obeyed everywhere
 * and a regional `granted` nowhere.
 */
export function createConsent(region: string): Consent {
  const updates: Record<string, ConsentState> = {};
  const defaults: Record<string, ConsentState> = {};
  const ranks: Record<string, number> = {};
  return {
    all() {
      const states: Record<string, ConsentState> = {};
      for (const type of CONSENT_TYPES) states[type] = updates[type] || defaults[type] || 'unset';
      return states;
    },
    command(action, values) {
      const given = Object(values) as Record<string, unknown>;
      for (const type of CONSENT_TYPES) {
        const state = given[type];
        if (state !== 'granted' && state !== 'denied') continue;
        if (action === 'update') updates[type] = state;
        if (action === 'default') {
          const rank = rankOf(given.region, region, state);
          if (rank >= (ranks[type] || 0)) {
            ranks[type] = rank;
            defaults[type] = state;
          }
        }
      }
      return (action !== 'update' && Number(given.wait_for_update)) || 0;
    },
  };
}

/** 0 everywhere, 1 this country, 2 this very region, -1 not here. */
function rankOf(regions: unknown, here: string, state: ConsentState): number {
  const list = ([] as unknown[]).concat(regions || []);
  if (!list.length) return 0;
  if (!here) return state === 'denied' ? 1 : -1;
  if (list.indexOf(here) >= 0) return 2;
  return list.indexOf(here.slice(0, 2)) < 0 ? -1 : 1;
}

export type Gate = 'full' | 'anonymous' | 'hold' | 'drop';

/** What becomes of an event. `hold` waits in memory only. */
export function gate(
  analytics: string,
  waiting: boolean,
  rules: { readonly strict: boolean; readonly anonymous: boolean },
): Gate {
  if (waiting) return 'hold';
  if (analytics === 'granted' || (analytics === 'unset' && !rules.strict)) return 'full';
  if (rules.anonymous) return 'anonymous';
  return analytics === 'unset' ? 'hold' : 'drop';
}
