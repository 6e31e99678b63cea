import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Loaded, type LoadInput, loadConfig } from '../../src/config/load.js';
import { StargateError } from '../../src/errors.js';
import { folder } from '../helpers/cli.js';

export interface Setup extends Partial<Omit<LoadInput, 'cwd'>> {
  /** Content of stargate.json: an object, or its text. */
  readonly file?: unknown;
  /** Further files of the working directory. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads a configuration in a working directory of its own. */
export function load({ file, files = {}, env = {}, ...input }: Setup = {}): Loaded {
  const text = typeof file === 'string' ? file : JSON.stringify(file);
  const { path, remove } = folder(file === undefined ? files : { 'stargate.json': text, ...files });
  try {
    return loadConfig({ ...input, env, cwd: path });
  } finally {
    remove();
  }
}

/** The error of a configuration that is refused. */
export function refusal(setup: Setup): StargateError {
  try {
    load(setup);
  } catch (error) {
    if (error instanceof StargateError) return error;
    throw error;
  }
  throw new Error(`was not refused: ${JSON.stringify(setup)}`);
}

/** Everything that a person could read of an error. */
export const textOf = (error: StargateError): string =>
  [error.message, error.expected, error.got, error.next, JSON.stringify(error.items), error.stack].join('\n');

/** Loads a file that lies in the folder `sub`, from the folder above it. */
export function loadFrom(text: string): Loaded['config'] {
  const { path, remove } = folder();
  try {
    mkdirSync(join(path, 'sub'));
    writeFileSync(join(path, 'sub', 'c.json'), text);
    return loadConfig({ env: { STARGATE_CONFIG: 'sub/c.json' }, cwd: path }).config;
  } finally {
    remove();
  }
}
