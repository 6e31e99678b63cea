/** The files that hold secrets of an effective configuration: those that it names, and itself. */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Loaded } from './load.js';
import { filePath } from './resolvers/file.js';
import type { Environment } from './resolvers/layer.js';
import { SETTINGS, type SettingName } from './schema.js';

export interface SecretFile {
  readonly path: string;
  /** The setting that names it. */
  readonly setting: string;
}

/** Settings whose value is the path of a file that nobody else should read. */
const NAMED: readonly SettingName[] = ['writeKeysFile', 'kafkaTokenFile', 'kafkaKey', 'tlsKey'];

/** `flag` and `env` as the configuration was loaded with. */
export function secretFiles(
  { config, file }: Loaded,
  { flag, env, cwd }: { readonly flag: unknown; readonly env: Environment; readonly cwd: string },
): readonly SecretFile[] {
  const named = NAMED.flatMap((name) => {
    const path = config[name];
    return typeof path === 'string' ? [{ path, setting: name }] : [];
  });
  const key = env.GOOGLE_APPLICATION_CREDENTIALS;
  const google = key ? [{ path: key, setting: 'GOOGLE_APPLICATION_CREDENTIALS' }] : [];
  return [...named, ...google, ...(file === null ? [] : inFile(filePath(flag, env, cwd)))];
}

function inFile(path: string): SecretFile[] {
  const values = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')) as Record<string, unknown>;
  const secrets = secretsOf(values);
  const referred = secrets.flatMap(({ setting, value }) => {
    const { file } = (typeof value === 'object' && value !== null ? value : {}) as { file?: unknown };
    if (typeof file !== 'string') return [];
    return [{ path: isAbsolute(file) ? file : join(dirname(path), file), setting }];
  });
  const plain = secrets.filter(({ value }) => typeof value === 'string').map(({ setting }) => setting);
  return [...(plain.length > 0 ? [{ path, setting: plain.join(', ') }] : []), ...referred];
}

/** Keys of browser sources are no secrets: they stand in every page. */
function secretsOf(values: Readonly<Record<string, unknown>>): { setting: string; value: unknown }[] {
  const single = Object.entries(values).filter(([name]) => SETTINGS[name as SettingName]?.secret);
  const sources = Array.isArray(values.sources) ? (values.sources as Record<string, unknown>[]) : [];
  const keys = sources.filter(({ kind, key }) => kind === 'server' && key !== undefined);
  return [
    ...single.map(([setting, value]) => ({ setting, value })),
    ...keys.map(({ id, key }) => ({ setting: `key of source ${id}`, value: key })),
  ];
}
