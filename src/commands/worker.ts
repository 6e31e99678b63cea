import type { Loaded } from '../config/load.js';
import type { SettingName } from '../config/schema.js';
import { runWorker } from '../runtime/worker.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule, Context } from './_command.js';
import { runOptions, untilEnded, within } from './_run.js';

const CLOSE_DEADLINE_MS = 30_000;

// biome-ignore format: one list
const USES: readonly SettingName[] = [
  'log', 'kafkaDriver', 'warehouse', 'table', 'group', 'from', 'delivery', 'data', 'adminPort',
  'bigqueryEndpoint', 'bigqueryStorageEndpoint', 'bigqueryRecount',
];

export const command: CommandModule = {
  define: (cli) => void withSettings(cli, USES),
  async run(invocation, context) {
    const loaded = configured(invocation, context, USES);
    const { config } = loaded;
    const { output } = context;
    const running = await runWorker(config, { ...runOptions(context), overRows: overRows(loaded, context) });
    const ready = {
      event: 'ready',
      admin: running.admin,
      log: config.log,
      warehouse: config.warehouse,
      group: config.group,
    };
    await output.record(ready, () =>
      [
        `Worker ${context.version}  group ${config.group}`,
        `  Reads   ${config.log}`,
        `  Writes  ${config.warehouse}`,
        ...(running.admin ? [`  Admin   ${running.admin}/metrics`] : []),
      ].join('\n'),
    );
    let failed = false;
    try {
      await untilEnded(context.signal, running.done);
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      const closed = await within(CLOSE_DEADLINE_MS, running.close()).catch((error) => {
        if (!failed) throw error;
      });
      if (closed === false)
        output.warn('Not everything was committed in time; the next start goes on exactly behind it.');
    }
    const { rows, rejectedRows } = running.metrics;
    output.note(`${rows} rows and ${rejectedRows} rejected rows stored since the start.`);
    return 0;
  },
};

/** Who asks for the log's start by name would store again what is there; that takes a second word. */
const overRows = ({ config, provenance }: Loaded, { yes }: Context) =>
  config.from === 'latest' || provenance.from === 'default' ? 'behind' : yes ? 'again' : 'stop';
