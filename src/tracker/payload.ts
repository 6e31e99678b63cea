import { sanitise } from '../event/sanitise.js';
import { at } from './model.js';
import type { Settings } from './settings.js';

type Bag = Record<string, unknown>;

/** The fields of Stargate 2.0, in the order of its form. */
const LEGACY =
  'hitType page clientId eventCategory eventAction eventLabel utmSource utmMedium utmCampaign timestampGTM';

/** The part of an event that `mode` chooses, sanitised: nothing of the page is kept by reference. */
export function payload(
  settings: Pick<Settings, 'mode' | 'keys' | 'map'>,
  model: Bag,
  push: Bag,
  name: string,
): Bag {
  const { mode, keys, map } = settings;
  const isMapping = mode === 'mapping';
  let chosen = mode === 'model' ? model : push;
  if (isMapping || mode === 'selected') {
    chosen = {};
    for (const key of isMapping ? LEGACY.split(' ') : keys)
      chosen[key] = at(model, (isMapping && map[key]) || key);
  }
  const { value, truncated } = sanitise(chosen);
  const named = isMapping || Object(value).event === name ? value : Object.assign({}, value, { event: name });
  return {
    [isMapping ? 'legacy' : 'data_layer']: named,
    truncated: truncated.length ? truncated : undefined,
  };
}
