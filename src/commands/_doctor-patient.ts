/** What `doctor` examines: the configuration as the other commands would have it, and commands that mend. */
import { loadConfig } from '../config/load.js';
import { flagName, type SettingName } from '../config/schema.js';
import { secretFiles } from '../config/secret-files.js';
import { word } from '../doctor/port.js';
import { isStargateError } from '../errors.js';
import type { Patient } from '../runtime/doctor.js';
import { loadInput } from './_args.js';
import type { Context, Invocation } from './_command.js';

/** A configuration that cannot be read is a finding, and no end. */
export function patientOf(invocation: Invocation, context: Context): Patient {
  const input = loadInput(invocation, context);
  const commands = {
    setup: named(invocation, 'setup', ['log', 'warehouse', 'bigqueryEndpoint', 'replicas', 'partitions']),
    serve: named(invocation, 'serve', ['log', 'data', 'spool', 'workers']),
    worker: named(invocation, 'worker', ['log', 'warehouse', 'group', 'data', 'bigqueryEndpoint']),
  };
  const common = { commands, node: process.versions.node };
  try {
    const serve = loadConfig({ ...input, command: 'serve' });
    const { adminPort: workerPort } = loadConfig({ ...input, command: 'worker' }).config;
    const { env, cwd } = context;
    const secrets = secretFiles(serve, { flag: invocation.flags.config, env, cwd });
    return { ...common, serve, workerPort, secrets };
  } catch (error) {
    if (!isStargateError(error)) throw error;
    return { ...common, serve: error, workerPort: 'off', secrets: [] };
  }
}

/** A command to paste: with what was given by flag here, for the rest stands in files and environment. */
function named({ flags }: Invocation, command: string, settings: readonly SettingName[]): string {
  const given = [...settings.map((name) => [flagName(name), flags[name]]), ['--config', flags.config]];
  const parts = given.flatMap(([flag, value]) =>
    typeof value === 'string' ? [`${flag} ${word(value)}`] : [],
  );
  return ['stargate', command, ...parts].join(' ');
}
