import { type Command, Option } from 'commander';
import { shownDefault } from '../config/json-schema.js';
import { type Loaded, type LoadInput, loadConfig } from '../config/load.js';
import { flagName, SETTINGS, type SettingName } from '../config/schema.js';
import type { Context, Invocation } from './_command.js';
import { refuseUnoffered } from './_offered.js';

const SETTINGS_GROUP = 'Settings (flag > environment > stargate.json > default):';

function option(name: SettingName, command: string): Option {
  const { kind, help, defaults, optional } = SETTINGS[name];
  const own = defaults && Object.hasOwn(defaults, command) ? defaults[command] : shownDefault(name);
  const plain = optional || own === false || (Array.isArray(own) && own.length === 0);
  const flags = kind.placeholder === null ? flagName(name) : `${flagName(name)} <${kind.placeholder}>`;
  const text = `${help}${kind.choices ? `: ${kind.expected}` : ''}${plain ? '' : ` (default ${own})`}`;
  const made = new Option(flags, text).helpGroup(SETTINGS_GROUP);
  // For completion and help only: values are read later, so that all faults are found together.
  if (kind.choices) made.argChoices = [...kind.choices];
  if (kind.repeats)
    made.argParser((value: string, before?: string) => (before ? `${before},${value}` : value));
  return made;
}

/** Adds a flag for each setting that the command uses, and --config. */
export function withSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) command.addOption(option(name, command.name()));
  return command.addOption(
    new Option('--config <FILE>', 'configuration file (default stargate.json)').helpGroup(SETTINGS_GROUP),
  );
}

/** What the loader needs to read the configuration, the first time or again after SIGHUP. */
export function loadInput({ name, flags }: Invocation, { env, cwd }: Context): LoadInput {
  return { command: name, flags, env: name === 'dev' ? withoutPlaces(env) : env, cwd };
}

/**
 * The effective configuration; what was read and not followed is said on stderr.
 * Errors: those of `loadConfig`, and a refusal of what this command cannot follow among the settings it uses.
 */
export function configured(
  invocation: Invocation,
  context: Context,
  uses: readonly SettingName[] = [],
): Loaded {
  const loaded = loadConfig(loadInput(invocation, context));
  const ignored = invocation.name === 'dev' ? PLACES.filter((name) => context.env[name]) : [];
  for (const notice of loaded.notices) context.output.warn(notice);
  if (ignored.length > 0)
    context.output.warn(
      `${ignored.join(', ')} (Stargate 2.0) ${ignored.length > 1 ? 'are' : 'is'} ignored: dev keeps its log and warehouse on this machine.`,
    );
  refuseUnoffered(loaded, invocation.name, uses);
  const { retentionDays } = loaded.provenance;
  const local = !loaded.config.warehouse.startsWith('bigquery:');
  if (local && uses.includes('group') && uses.includes('warehouse') && retentionDays !== 'default')
    context.output.warn(
      `retentionDays (${retentionDays}) is for BigQuery: DuckDB keeps its rows until you delete them.`,
    );
  return loaded;
}

/** Names of Stargate 2.0 that decide where log and warehouse are. */
const PLACES = ['BOOTSTRAP_SERVERS', 'KAFKA_TOPIC_NAME', 'PROJECT_ID', 'BIGQUERY_DATASET'];

/** A shell that was set up for production must not send what is tried out on a laptop there. */
const withoutPlaces = (env: Context['env']): Context['env'] =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !PLACES.includes(name)));
