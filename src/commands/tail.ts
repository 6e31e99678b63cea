import { Option } from 'commander';
import { StargateError } from '../errors.js';
import { printable, type Style } from '../output.js';
import { queryWarehouse } from '../runtime/ports.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { type TailRow, tailCost, tailRows } from './_tail.js';

const USES = ['warehouse', 'table', 'data', 'bigqueryEndpoint'] as const;
const MOST_LINES = 5_000;

export const command: CommandModule = {
  define(cli) {
    withSettings(cli, USES)
      .addOption(new Option('--event <NAME>', 'only events of this name'))
      .addOption(
        new Option('-n, --lines <N>', 'events of the past to begin with (default 10)').default('10'),
      );
  },
  async run(invocation, context) {
    const { config } = configured(invocation, context, USES);
    const { output, signal } = context;
    const { event, lines } = invocation.flags;
    const options = {
      event: typeof event === 'string' ? event : null,
      lines: wholeNumber(lines),
      signal,
      onWarning: (message: string) => output.warn(message),
    };
    const warehouse = await queryWarehouse(config);
    try {
      const price = await tailCost(warehouse);
      if (price !== null) output.note(price);
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

function wholeNumber(given: unknown): number {
  const number = /^\d{1,6}$/.test(String(given)) ? Number(given) : Number.NaN;
  if (number <= MOST_LINES) return number;
  throw new StargateError('STG_OPTION_INVALID', {
    message: 'The value of --lines cannot be used.',
    expected: `a whole number from 0 to ${MOST_LINES}`,
    got: String(given),
  });
}

function line(row: TailRow, style: Style): string {
  const time = style.dim(
    new Date(row.received_at).toTimeString().slice(0, 8) + row.received_at.slice(19, 23),
  );
  const value = row.value === null ? '' : `  ${row.value} ${row.currency ?? ''}`;
  const scrubbed = row.pii_redactions ? style.warning(`  ${row.pii_redactions} scrubbed`) : '';
  return `${time}  ${printable(row.event_name).padEnd(20)} ${printable(row.page_path ?? '')}${printable(value)}${scrubbed}`;
}
