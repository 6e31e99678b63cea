/** Consent Mode's states as they are stored, and what they allow. */
import type { Consent } from './fields.js';
import { type Notes, note, readBag } from './text.js';

const TYPES = [
  'ad_storage',
  'ad_user_data',
  'ad_personalization',
  'analytics_storage',
  'functionality_storage',
  'personalization_storage',
  'security_storage',
] as const satisfies readonly (keyof Consent)[];

type ConsentState = 'granted' | 'denied' | 'unset';
/** One state for each type, always all seven. */
export type ConsentStates = Readonly<Record<(typeof TYPES)[number], ConsentState>>;

export const UNSET: ConsentStates = {
  ad_storage: 'unset',
  ad_user_data: 'unset',
  ad_personalization: 'unset',
  analytics_storage: 'unset',
  functionality_storage: 'unset',
  personalization_storage: 'unset',
  security_storage: 'unset',
};

/** States as a sender gives them over those that held before; what is no state is unset, with a note. */
export function readConsent(
  value: unknown,
  before: ConsentStates,
  pointer: string,
  notes: Notes,
): ConsentStates {
  const bag = readBag(value, pointer, notes);
  if (bag === null) return before;
  const states: Record<string, ConsentState> = { ...before };
  for (const type of TYPES) {
    const state = bag[type];
    if (state === undefined || state === null) continue;
    const isState = state === 'granted' || state === 'denied' || state === 'unset';
    states[type] = isState ? state : 'unset';
    if (!isState) note(notes, `${pointer}/${type}`, 'neither granted nor denied nor unset, taken as unset');
  }
  return states as ConsentStates;
}

/** Whether a type is allowed: unset counts as denied in `strict` and as granted in `gtm`, as GTM itself does. */
export function allows(state: ConsentState, mode: 'gtm' | 'strict'): boolean {
  return state === 'granted' || (state === 'unset' && mode === 'gtm');
}

const texts = new Map<number, string>();

/** The states as JSON. There are few combinations and each is written once: at most 3^7 texts are kept. */
export function consentText(states: ConsentStates): string {
  let code = 0;
  for (const type of TYPES)
    code = code * 3 + (states[type] === 'granted' ? 1 : states[type] === 'denied' ? 2 : 0);
  const known = texts.get(code);
  if (known !== undefined) return known;
  const text = JSON.stringify(Object.fromEntries(TYPES.map((type) => [type, states[type]])));
  texts.set(code, text);
  return text;
}
