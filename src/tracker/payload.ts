import { sanitise } from '../event/sanitise.js';
import { guard } from './guard.js';
import { at } from './model.js';
import type { Settings } from './settings.js';

type Bag = Record<string, unknown>;

/** The fields of Stargate 2.0, in the order of its form. */
const LEGACY = [
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
];

/** The part of an event that `mode` chooses, sanitised: nothing of the page is kept by reference. */
export function payload(settings: Pick<Settings, 'mode' | 'keys' | 'map'>, model: Bag, push: Bag): Bag {
  const { mode, keys, map } = settings;
  let chosen = mode === 'model' ? model : push;
  if (mode === 'selected') {
    chosen = { event: push.event };
    for (const key of keys) chosen[key] = at(model, key);
  }
  if (mode === 'mapping') {
    chosen = {};
    for (const field of LEGACY) chosen[field] = at(model, map[field] || field);
  }
  const { value, truncated } = sanitise(chosen);
  const part: Bag = { [mode === 'mapping' ? 'legacy' : 'data_layer']: value };
  if (truncated.length) part.truncated = truncated;
  return part;
}

/** An order, in the shape of GA4, of Universal Analytics or of VTEX: it is sent at once. */
export function isPurchase(name: string, data: Bag): boolean {
  const legacy = guard(() => (data.ecommerce as Bag).purchase);
  return name === 'purchase' || name === 'orderPlaced' || !!legacy;
}
