import { Option } from 'commander';
import { printable, type Style } from '../output.js';
import { queryWarehouse } from '../runtime/ports.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { type TailRow, tailRows } from './_tail.js';

export const command: CommandModule = {
  define(cli) {
    withSettings(cli, ['warehouse', 'table', 'data'])
      .addOption(new Option('--event <NAME>', 'only events of this name'))
      .addOption(new Option('-n, --lines <N>', 'events of the past to begin with').default('10'));
  },
  async run(invocation, { output, signal, ...context }) {
    const { config } = configured(invocation, { output, signal, ...context });
    const { event, lines } = invocation.flags;
    const warehouse = await queryWarehouse(config);
    const options = {
      event: typeof event === 'string' ? event : null,
      lines: Math.max(0, Math.trunc(Number(lines)) || 0),
      signal,
    };
    try {
      for await (const row of tailRows(warehouse, options)) {
        await output.record(row, () => line(row, output.style));
        if (signal.aborted) break;
      }
      return 0;
    } finally {
      await warehouse.close();
    }
  },
};

function line(row: TailRow, style: Style): string {
  const time = style.dim(row.received_at.slice(11, 23));
  const value = row.value === null ? '' : `  ${row.value} ${row.currency ?? ''}`;
  const scrubbed = row.pii_redactions ? style.warning(`  ${row.pii_redactions} scrubbed`) : '';
  return `${time}  ${printable(row.event_name).padEnd(20)} ${printable(row.page_path ?? '')}${printable(value)}${scrubbed}`;
}
