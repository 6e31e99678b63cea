import { text as readAll } from 'node:stream/consumers';
import { Option } from 'commander';
import { StargateError } from '../errors.js';
import { queryWarehouse } from '../runtime/ports.js';
import { configured, withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { affordable } from './_cost.js';
import { numberOf } from './_load-values.js';
import { rowsAs } from './_rows.js';
import { unlessAborted } from './_run.js';

const MAX_ROWS = 10_000;
const USES = ['warehouse', 'data', 'bigqueryEndpoint'] as const;

export const command: CommandModule = {
  define(cli) {
    withSettings(
      cli.argument('[sql]', 'one SELECT, EXPLAIN or DESCRIBE; without it, standard input is read'),
      USES,
    )
      .addOption(
        new Option('--format <FORMAT>', 'how rows are printed: table, csv or json (default table)')
          .choices(['table', 'csv', 'json'])
          .default('table'),
      )
      .addOption(new Option('--max-rows <N>', `rows at most (default ${MAX_ROWS})`).default(String(MAX_ROWS)))
      .addOption(new Option('--max-bytes <SIZE>', 'bytes that it may read, where reading costs money'))
      .addOption(new Option('--timeout <SECONDS>', 'time at most (default 30)').default('30'));
  },
  async run(invocation, context) {
    const { config } = configured(invocation, context, USES);
    const { output, signal } = context;
    const { flags } = invocation;
    const sql = invocation.args[0] ?? (await fromInput());
    const warehouse = await queryWarehouse(config);
    try {
      const maxBytes = await affordable(warehouse, sql, flags.maxBytes, context);
      const asked = warehouse.query(sql, {
        ...(maxBytes !== null && { maxBytes }),
        maxRows: numberOf(flags, 'maxRows', '--max-rows', [1, 10_000_000]) ?? MAX_ROWS,
        timeoutMs: (numberOf(flags, 'timeout', '--timeout', [0.001, 86_400]) ?? 30) * 1000,
      });
      const result = await unlessAborted(signal, asked);
      const format = output.json ? 'json' : String(flags.format);
      await output.result(result, () => rowsAs(format, result, output.style));
      if (result.truncated)
        output.warn(`There are more rows: only the first ${result.rows.length} were taken. See --max-rows.`);
      return 0;
    } finally {
      await warehouse.close();
    }
  },
};

/** SQL from a pipe; a terminal would wait for ever without a word. */
async function fromInput(): Promise<string> {
  if (process.stdin.isTTY) {
    throw new StargateError('STG_INPUT_MISSING', {
      message: 'There is no SQL to run.',
      next: 'stargate query "SELECT event_name, count(*) FROM events GROUP BY ALL"',
    });
  }
  return readAll(process.stdin);
}
