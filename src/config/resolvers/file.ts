import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { StargateError } from '../../errors.js';
import { nearest } from '../nearest.js';
import { Place, type Scope } from '../place.js';
import { SETTING_NAMES } from '../schema.js';
import { type Environment, type Layer, variable } from './layer.js';

const NAME = 'stargate.json';

export interface ConfigFile {
  /** As a person would name it, from the working directory. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** `--config FILE`, else STARGATE_CONFIG, else stargate.json of the working directory, which may be missing. */
export function findFile(flag: unknown, env: Environment, cwd: string): ConfigFile | null {
  const asked = typeof flag === 'string' ? flag : variable(env, 'STARGATE_CONFIG');
  const name = asked ?? NAME;
  try {
    const path = resolve(cwd, name);
    return { name, path, text: readFileSync(path, 'utf8').replace(/^\uFEFF/, '') };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'an error';
    if (asked === undefined && code === 'ENOENT') return null;
    throw new StargateError('STG_CONFIG_UNREADABLE', {
      expected: 'a file that can be read',
      got: `${name}: ${code}`,
      next: asked ? 'Check the path behind --config, or STARGATE_CONFIG.' : `Check who may read ${name}.`,
      cause,
    });
  }
}

/** V8 names an offset or quotes the text around the fault; a person wants line and column, and no secret of the file. */
function placeOf(message: string, text: string): string {
  const offset = /position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, offset === undefined ? text.length : Number(offset));
  const line = before.split('\n').length;
  return `a syntax error at line ${line}, column ${before.length - before.lastIndexOf('\n')}`;
}

function parse({ name, text }: ConfigFile): Readonly<Record<string, unknown>> {
  const refuse = (got: string) => {
    throw new StargateError('STG_CONFIG_INVALID', { expected: `one JSON object in ${name}`, got });
  };
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return { ...value };
  } catch (error) {
    return refuse(placeOf((error as Error).message, text));
  }
  return refuse('another JSON value');
}

function refuseUnknown(key: string, place: Place): void {
  const close = nearest(key, [...SETTING_NAMES, '$schema']);
  place.fault(
    'a known setting',
    'an unknown key',
    close ? `Did you mean ${close}?` : 'stargate config lists every setting.',
  );
}

/** The configuration file. Unknown keys are faults. `null` is not a value: leave the key out instead. */
export function fromFile(file: ConfigFile, cwd: string, scope: Scope): Layer {
  const folder = dirname(file.path);
  // In the working directory paths stay as they are written, which reads better in every message.
  const base = relative(cwd, folder) === '' ? null : folder;
  const root = new Place(scope, file.name, false, base);
  const { $schema: _, ...values } = parse(file);
  const known = Object.entries(values).filter(([key]) => {
    const fits = (SETTING_NAMES as readonly string[]).includes(key);
    if (!fits) refuseUnknown(key, root.in(key));
    return fits;
  });
  return Object.fromEntries(
    known.map(([key, raw]) => [
      key,
      { raw, origin: file.name, at: root.in(key).at, text: false, folder: base },
    ]),
  );
}

/** The file that `findFile` would read. */
export const filePath = (flag: unknown, env: Environment, cwd: string): string =>
  join(resolve(cwd, typeof flag === 'string' ? flag : (variable(env, 'STARGATE_CONFIG') ?? NAME)));
