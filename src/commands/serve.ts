import type { SettingName } from '../config/schema.js';
import { runChild } from '../runtime/child.js';
import { runServe } from '../runtime/serve.js';
import { SLOT_ENV } from '../runtime/supervise.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { whileReloading } from './_reload.js';
import { runOptions, untilEnded } from './_run.js';
import { endTexts, serveReady, warnOfFast, warnOfNobody } from './_serve-texts.js';

// biome-ignore format: one list
const USES: readonly SettingName[] = [
  'log', 'kafkaDriver', 'kafkaCompression', 'host', 'port', 'adminPort', 'workers', 'ack', 'spool', 'spoolMax', 'writeKeysFile', 'allowedHosts',
  'trustedProxies',
  'tlsCert', 'tlsKey', 'drainWait', 'partitionBy', 'group', 'data', 'dataMax', 'watchConfig',
];

export const command: CommandModule = {
  define: (cli) => void withSettings(cli, USES),
  async run(invocation, context) {
    const { output, signal, version } = context;
    const slot = context.env[SLOT_ENV];
    if (slot !== undefined) {
      // The primary reloads; a terminal that closes tells every process.
      context.onReload(() => {});
      return runChild(Number(slot), { ...runOptions(context), version, signal });
    }
    const loaded = configured(invocation, context, USES);
    const { config } = loaded;
    warnOfNobody(config, output);
    warnOfFast(config, output);
    const nodeOptions = context.env.NODE_OPTIONS;
    const running = await runServe(config, { ...runOptions(context), version, nodeOptions });
    const { collector, admin, processes } = running;
    const ready = { event: 'ready', collector, admin, processes, log: config.log };
    await output.record(ready, () => serveReady({ ...ready, version }));
    await whileReloading(invocation, context, loaded, {
      replaceSources: (next) => running.replaceSources(next),
      until: untilEnded(signal),
    });
    const ended = await running.close();
    for (const sentence of endTexts(ended, config)) output.warn(sentence);
    return ended.cut + ended.late + ended.lost + ended.killed + ended.broken > 0 ? 1 : 0;
  },
};
