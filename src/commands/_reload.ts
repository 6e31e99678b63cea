/** New sources without a restart: on SIGHUP, and with --watch-config when a file changes. */
import type { Loaded } from '../config/load.js';
import { type Reloaded, reloadSources, watchSources } from '../config/reload.js';
import type { Config } from '../config/schema.js';
import { loadInput } from './_args.js';
import type { Context, Invocation } from './_command.js';

export interface Reloading {
  /** Errors: the sources cannot be used, and the old ones stay. */
  readonly replaceSources: (config: Config) => void;
  readonly until: Promise<void>;
}

/** Reloads until `until` settles. Sources that cannot be used keep the old ones, and are told of on stderr. */
export async function whileReloading(
  invocation: Invocation,
  context: Context,
  { config }: Loaded,
  { replaceSources, until }: Reloading,
): Promise<void> {
  const input = loadInput(invocation, context);
  const take = ({ sources, error }: Reloaded): void => {
    try {
      if (error) throw error;
      replaceSources({ ...config, sources });
    } catch (fault) {
      context.output.warn('The sources stay as they were, because the configuration cannot be used:');
      void context.output.fault(fault);
    }
  };
  const stop = context.onReload(() => take(reloadSources(input)));
  const { writeKeysFile, watchConfig } = config;
  const unwatch = watchConfig ? watchSources(input, take, { writeKeysFile }) : () => {};
  try {
    await until;
  } finally {
    stop();
    unwatch();
  }
}
