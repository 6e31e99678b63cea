import { flagName, SETTING_NAMES, SETTINGS } from '../schema.js';
import type { Layer } from './layer.js';

/** What the command line set. Flags that are no settings are the command's own. */
export function fromFlags(flags: Readonly<Record<string, unknown>>): Layer {
  const names = SETTING_NAMES.filter((name) => SETTINGS[name].flag && flags[name] !== undefined);
  return Object.fromEntries(
    names.map((name) => {
      const at = flagName(name);
      return [name, { raw: flags[name], origin: `flag ${at}`, at, text: true }];
    }),
  );
}
