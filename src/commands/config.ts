import { type Command, Option } from 'commander';
import { jsonSchema } from '../config/json-schema.js';
import type { Loaded } from '../config/load.js';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '../config/schema.js';
import { HIDDEN } from '../config/secrets.js';
import { printable, type Style, table } from '../output.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';

const flagged = SETTING_NAMES.filter((name) => SETTINGS[name].flag);

/** Keys of server sources authenticate; those of browsers stand in every page. */
function document(name: SettingName, { config }: Loaded): unknown {
  if (config[name] !== null && SETTINGS[name].secret) return HIDDEN;
  if (name !== 'sources') return config[name];
  return config.sources.map((source) => (source.kind === 'server' ? { ...source, key: HIDDEN } : source));
}

function shown(name: SettingName, { config }: Loaded): string {
  const kind = SETTINGS[name].kind as Setting<unknown>['kind'];
  return config[name] === null ? '-' : printable(kind.show(config[name]));
}

/** Where another command would begin elsewhere: only worth a word while the default holds. */
function elsewhere(name: SettingName, origin: string): string {
  const { defaults = {} } = SETTINGS[name];
  const notes = Object.entries(defaults).map(([command, value]) => `${command} ${value}`);
  return origin === 'default' && notes.length > 0 ? `; ${notes.join(', ')}` : '';
}

function render(loaded: Loaded, style: Style): string {
  const rows = SETTING_NAMES.map((name) => {
    const origin = loaded.provenance[name];
    const calm = origin.startsWith('default') || origin === 'not set';
    const from = printable(origin) + elsewhere(name, origin);
    return [name, shown(name, loaded), calm ? style.dim(from) : style.accent(from)];
  });
  return table(rows, { head: ['Setting', 'Value', 'From'], paintHead: style.bold });
}

export const command: CommandModule = {
  define(cli: Command) {
    withSettings(cli, flagged);
    cli.addOption(new Option('--schema', 'print the JSON Schema of stargate.json'));
  },
  async run(invocation, context) {
    const { output } = context;
    if (invocation.flags.schema) {
      const text = JSON.stringify(jsonSchema(), null, 2);
      await output.result(jsonSchema(), () => text);
      return 0;
    }
    const loaded = configured({ ...invocation, name: '' }, context);
    const settings = SETTING_NAMES.map((name) => [
      name,
      { value: document(name, loaded), from: loaded.provenance[name] },
    ]);
    await output.result({ file: loaded.file, settings: Object.fromEntries(settings) }, () =>
      render(loaded, output.style),
    );
    return 0;
  },
};
