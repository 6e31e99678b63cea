/** The ten fields of Stargate 2.0: names and text unchanged. */
import { type Bag, clip, MAX_TEXT, type Notes, note } from './text.js';

export const LEGACY_NAMES = [
  'hitType',
  'page',
  'clientId',
  'eventCategory',
  'eventAction',
  'eventLabel',
  'utmSource',
  'utmMedium',
  'utmCampaign',
  'timestampGTM',
] as const;

export type LegacyName = (typeof LEGACY_NAMES)[number];
export type Legacy = Readonly<Partial<Record<LegacyName, string>>>;

const NAMES: ReadonlySet<string> = new Set(LEGACY_NAMES);

export const isLegacyName = (name: string): boolean => NAMES.has(name);

/**
 * The ten fields from the `legacy` object, else from the push; both are scrubbed already. Numbers and booleans
 * become text. A push may use such a name for something else (`page: {…}`): that is no mistake and leaves no note.
 */
export function readLegacy(legacy: Bag | null, push: Bag | null, notes: Notes): Legacy {
  const found: Partial<Record<LegacyName, string>> = {};
  for (const name of LEGACY_NAMES) {
    const value = legacy?.[name] ?? push?.[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'object') found[name] = clip(String(value), MAX_TEXT);
    else if (legacy?.[name] === value) note(notes, `/legacy/${name}`, 'not a text, left out');
  }
  return found;
}
