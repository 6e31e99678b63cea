import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { runDev } from '../runtime/dev.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { greeting, summary } from './_dev-texts.js';
import { eventLines } from './_event-lines.js';
import { openBrowser } from './_open.js';
import { runOptions, untilEnded } from './_run.js';

const DRAIN_MS = 10_000;

export const command: CommandModule = {
  define(cli) {
    withSettings(cli, [
      'port',
      'host',
      'data',
      'dataMax',
      'log',
      'warehouse',
      'table',
      'group',
      'allowedHosts',
      'drainWait',
    ])
      .addOption(new Option('--demo', 'let synthetic shoppers send events'))
      .addOption(new Option('--ephemeral', 'keep nothing: a temporary folder, removed at the end'))
      .addOption(new Option('--open', 'open the live page in a browser'));
  },
  async run(invocation, context) {
    const began = performance.now();
    const { output, signal, version } = context;
    const { flags } = invocation;
    const temporary = flags.ephemeral ? mkdtempSync(join(tmpdir(), 'stargate-dev-')) : null;
    const given = temporary ? { ...invocation, flags: { ...flags, data: temporary } } : invocation;
    const { config } = configured(given, context);
    const lines = eventLines(output);
    const dev = await runDev(config, {
      ...runOptions(context),
      version,
      demo: flags.demo === true,
      token: context.env.STARGATE_DEV_TOKEN ?? null,
      observer: lines.observer,
    });
    try {
      const ready = { event: 'ready', collector: dev.url, ui: `${dev.url}/`, data: config.data };
      await output.record(ready, () =>
        greeting({ ...ready, version, seconds: (performance.now() - began) / 1000 }, output.style),
      );
      if (flags.open) openBrowser(ready.ui);
      lines.start();
      await untilEnded(signal, dev.done);
    } finally {
      lines.stop();
      const { in_flight } = dev.counts();
      if (in_flight > 0) output.note(`\n  Stopping: ${in_flight} events in flight …`);
      const stored = await dev.close(DRAIN_MS);
      if (temporary) rmSync(temporary, { recursive: true, force: true });
      output.note(summary(dev.counts(), temporary ? null : config.data, stored, output.noteStyle));
    }
    return 0;
  },
};
