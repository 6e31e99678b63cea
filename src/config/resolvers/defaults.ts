import { SETTING_NAMES, SETTINGS } from '../schema.js';
import type { Layer } from './layer.js';

/**
 * The table's defaults for a command. `data` moves the log and the warehouse with it, so that
 * `dev --data DIR` keeps all it writes in one folder.
 */
export function fromDefaults(command: string | null, data: string): Layer {
  const names = SETTING_NAMES.filter((name) => !SETTINGS[name].optional);
  return Object.fromEntries(
    names.map((name) => {
      const { default: general, defaults } = SETTINGS[name];
      const own = command !== null && defaults && Object.hasOwn(defaults, command);
      const raw = own ? defaults[command] : general;
      return [
        name,
        {
          raw: typeof raw === 'string' ? raw.replace('{data}', data) : raw,
          origin: own ? `default of ${command}` : 'default',
          at: name,
          text: false,
        },
      ];
    }),
  );
}
