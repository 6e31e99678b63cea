import { unwatchFile, watchFile } from 'node:fs';
import { type Loaded, loadConfig } from '../config/load.js';
import { type RunningServe, runServe } from '../runtime/serve.js';
import { SLOT_ENV } from '../runtime/supervise.js';
import { configured, loadInput, withSettings } from './_args.js';
import type { CommandModule, Context, Invocation } from './_command.js';
import { runOptions, untilEnded } from './_run.js';

export const command: CommandModule = {
  define(cli) {
    withSettings(cli, [
      'log', 'host', 'port', 'adminPort', 'workers', 'ack', 'writeKeysFile', 'allowedHosts', 'trustedProxies',
      'tlsCert', 'tlsKey', 'drainWait', 'partitionBy', 'group', 'data', 'dataMax', 'watchConfig',
    ]); // biome-ignore format: one list
  },
  async run(invocation, context) {
    const loaded = configured(invocation, context);
    const slot = context.env[SLOT_ENV] === undefined ? null : Number(context.env[SLOT_ENV]);
    try {
      return await serve(invocation, context, loaded, slot);
    } catch (error) {
      if (slot !== null) process.send?.({ failed: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  },
};

async function serve(
  invocation: Invocation,
  context: Context,
  { config, file }: Loaded,
  slot: number | null,
): Promise<number> {
  const { output, version } = context;
  if (config.sources.length === 0 && config.allowedHosts.length === 0 && !config.apiKey) {
    output.warn(
      'No source is configured: every request will be answered 401. Add "sources" to stargate.json.',
    );
  }
  const running = await runServe(config, { ...runOptions(context), version, slot });
  const stopReloading = reloading(invocation, context, running, config.watchConfig ? file : null);
  if (slot !== null) process.send?.({ ready: running.collector });
  else {
    const { collector, admin, processes } = running;
    await output.record({ event: 'ready', collector, admin, processes, log: config.log }, () =>
      [
        `Collector ${version}  ${processes} ${processes === 1 ? 'process' : 'processes'}`,
        `  Collector  ${collector}/v1/events`,
        `  Log        ${config.log}`,
        ...(admin ? [`  Admin      ${admin}/metrics`] : []),
      ].join('\n'),
    );
  }
  try {
    await untilEnded(context.signal, running.done);
  } finally {
    stopReloading();
  }
  const cut = await running.close();
  if (cut > 0)
    output.warn(`${cut} requests were cut off at the deadline; none of them was answered with success.`);
  return cut > 0 ? 1 : 0;
}

/** New sources on SIGHUP, or when the file changes. A broken file keeps the old ones, and says so. */
function reloading(
  invocation: Invocation,
  context: Context,
  running: RunningServe,
  file: string | null,
): () => void {
  const reload = (): void => {
    try {
      running.replaceSources(loadConfig(loadInput(invocation, context)).config);
    } catch (error) {
      context.output.warn('The sources stay as they were, because the configuration cannot be used:');
      void context.output.fault(error);
    }
  };
  const stop = context.onReload(reload);
  if (file) watchFile(file, { interval: 1_000 }, reload);
  return () => {
    stop();
    if (file) unwatchFile(file, reload);
  };
}
