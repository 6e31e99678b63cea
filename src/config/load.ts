import { StargateError } from '../errors.js';
import { Place, type Problem, type Scope } from './place.js';
import { fromDefaults } from './resolvers/defaults.js';
import { fromEnvironment, suspects } from './resolvers/environment.js';
import { findFile, fromFile } from './resolvers/file.js';
import { fromFlags } from './resolvers/flags.js';
import type { Environment, Found, Layer } from './resolvers/layer.js';
import { fromLegacy, ignoredLegacy } from './resolvers/legacy.js';
import { type Config, SETTING_NAMES, SETTINGS, type Setting, type SettingName } from './schema.js';
import { HIDDEN } from './secrets.js';
import type { Source } from './sources.js';
import { applyWriteKeys } from './write-keys.js';

export interface LoadInput {
  /** The command that runs: some settings have another default there. */
  readonly command?: string;
  /** Options by their camel-case name, as commander gives them; `config` names the file. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env: Environment;
  readonly cwd: string;
}

export interface Loaded {
  readonly config: Config;
  /** Where each value came from: `flag --port`, `environment STARGATE_PORT`, `stargate.json`, `default`, `not set`. */
  readonly provenance: Readonly<Record<SettingName, string>>;
  /** Sentences for the person: what was read and not followed. */
  readonly notices: readonly string[];
  /** The configuration file that was read, or null. */
  readonly file: string | null;
}

type Values = { [N in SettingName]?: unknown };

const nothing: Found = { raw: undefined, origin: 'not set', at: '', text: false };

function readValue(name: SettingName, found: Found, scope: Scope): unknown {
  if (found === nothing) return null;
  const kind: Setting<unknown>['kind'] = SETTINGS[name].kind as Setting<unknown>['kind'];
  return kind.read(found.raw, new Place(scope, found.at, found.text, found.folder ?? null));
}

function strongest(layers: readonly Layer[], name: SettingName): Found {
  return layers.find((layer) => layer[name])?.[name] ?? nothing;
}

/** Two sources with one id or one key could not be told apart. */
function checkSources(sources: readonly Source[], at: string, scope: Scope): void {
  const ids = new Set<string>();
  const keys = new Set<string>();
  for (const { id, key } of sources) {
    const place = new Place(scope, `${at} source ${id}`, true);
    if (key === '') place.refuse('a key, here or in the write keys file', undefined);
    else if (key !== HIDDEN && keys.has(key)) place.fault('a key of its own', 'the key of another source');
    if (ids.has(id)) place.fault('an id of its own', 'the id of another source');
    ids.add(id);
    keys.add(key);
  }
}

/** Settings that only make sense together. */
function checkPairs(values: Values, found: (name: SettingName) => Found, scope: Scope): void {
  const pairs = [
    ['tlsCert', 'tlsKey'],
    ['apiKey', 'apiSecret'],
  ] as const;
  for (const [one, other] of pairs) {
    if ((values[one] === null) === (values[other] === null)) continue;
    const [given, missing] = values[one] === null ? [other, one] : [one, other];
    new Place(scope, found(given).at, true).fault(`${missing} beside it`, `${given} alone`);
  }
}

function fail(problems: readonly Problem[]): never {
  const code = problems.every(({ at }) => at.startsWith('--')) ? 'STG_OPTION_INVALID' : 'STG_CONFIG_INVALID';
  const [first, ...more] = problems as [Problem, ...Problem[]];
  if (more.length === 0) {
    const message = `The value of ${first.at} cannot be used.`;
    const next =
      first.hint ?? (code === 'STG_OPTION_INVALID' ? 'Add --help to see what it takes.' : undefined);
    throw new StargateError(code, {
      message,
      expected: first.expected,
      got: first.got,
      ...(next && { next }),
    });
  }
  const items = problems.map(({ at, expected, got, hint }) => ({
    at,
    text: `expected ${expected}; got ${got}.${hint ? ` ${hint}` : ''}`,
  }));
  throw new StargateError(code, {
    message: `${problems.length} values cannot be used.`,
    items,
    next: 'Mend all of them; nothing was started.',
  });
}

function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object') Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

/**
 * Resolves flags, environment (ours, then Stargate 2.0's), stargate.json and defaults into one frozen object.
 * @throws STG_OPTION_INVALID or STG_CONFIG_INVALID with every fault at once; STG_CONFIG_UNREADABLE
 */
export function loadConfig(input: LoadInput): Loaded {
  const { env, cwd, flags = {}, command = null } = input;
  const scope: Scope = { problems: [], env };
  const file = findFile(flags.config, env, cwd);
  const strong = [fromFlags(flags), fromEnvironment(env)];
  const legacy = fromLegacy(env, { ...strong[1], ...strong[0] }, (at) => new Place(scope, at, true));
  const given = [...strong, legacy, ...(file ? [fromFile(file, cwd, scope)] : [])];

  const data = readValue('data', strongest([...given, fromDefaults(command, '')], 'data'), {
    env,
    problems: [],
  });
  const layers = [...given, fromDefaults(command, String(data))];
  const found = (name: SettingName) => strongest(layers, name);
  const values: Values = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, readValue(name, found(name), scope)]),
  );

  const keysFile = values.writeKeysFile;
  const sources = (values.sources ?? []) as readonly Source[];
  if (typeof keysFile === 'string')
    values.sources = applyWriteKeys(sources, keysFile, found('writeKeysFile').at, scope);
  checkSources((values.sources ?? []) as readonly Source[], found('sources').at, scope);
  checkPairs(values, found, scope);
  if (scope.problems.length > 0) fail(scope.problems);
  return {
    config: freeze(values) as Config,
    provenance: Object.fromEntries(
      SETTING_NAMES.map((name) => [name, found(name).origin]),
    ) as Loaded['provenance'],
    notices: [...ignoredLegacy(env), ...suspects(env)],
    file: file?.name ?? null,
  };
}
