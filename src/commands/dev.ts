import { Option } from 'commander';
import type { SettingName } from '../config/schema.js';
import { type RunningDev, runDev } from '../runtime/dev.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule, Context } from './_command.js';
import { greeting, isLoopback, PAGE_IS_LOCAL, summary } from './_dev-texts.js';
import { eventLines } from './_event-lines.js';
import { openBrowser } from './_open.js';
import { spokenOptions, untilEnded } from './_run.js';
import { ephemeralFlags } from './_temporary.js';

const DRAIN_MS = 10_000;

// biome-ignore format: one list
const USES: readonly SettingName[] = [
  'port', 'host', 'data', 'dataMax', 'log', 'warehouse', 'table', 'group', 'allowedHosts', 'drainWait',
];

export const command: CommandModule = {
  define(cli) {
    withSettings(cli, USES)
      .addOption(new Option('--demo', 'let synthetic shoppers send events'))
      .addOption(new Option('--ephemeral', 'keep nothing: a temporary folder, removed at the end'))
      .addOption(new Option('--open', 'open the live page in a browser'));
  },
  async run(invocation, context) {
    const began = performance.now();
    const { output, signal, version, env } = context;
    const ephemeral = invocation.flags.ephemeral === true;
    const flags = ephemeral ? ephemeralFlags(invocation.flags) : invocation.flags;
    const { config } = configured({ ...invocation, flags }, context, USES);
    const token = env.STARGATE_DEV_TOKEN || null;
    if (!token && !isLoopback(config.host)) output.warn(PAGE_IS_LOCAL);
    const lines = eventLines(output);
    const dev = await runDev(config, {
      ...spokenOptions(context),
      version,
      demo: flags.demo === true,
      token,
      observer: lines.observer,
    });
    const ready = { event: 'ready', collector: dev.url, ui: `${dev.url}/`, data: config.data };
    const seconds = (performance.now() - began) / 1000;
    await output.record(ready, () => greeting({ ...ready, version, seconds, token }, output.style));
    if (flags.open) openBrowser(ready.ui);
    lines.start();
    try {
      await untilEnded(signal, dev.done);
    } finally {
      lines.stop();
      await stop(dev, ephemeral ? null : config.data, context);
    }
    return 0;
  },
};

async function stop(dev: RunningDev, data: string | null, { output }: Context): Promise<void> {
  const { in_flight } = dev.counts();
  if (in_flight > 0) output.note(`\n  Stopping: ${in_flight} events in flight …`);
  const stored = await dev.close(DRAIN_MS);
  output.note(summary(dev.counts(), data, stored, output.noteStyle));
}
