/** Values that a configuration may hold, and that this version, or this command, cannot follow. */
import type { Loaded } from '../config/load.js';
import type { Config, SettingName } from '../config/schema.js';
import { StargateError } from '../errors.js';
import { processesOf } from '../runtime/processes.js';

/** Why a value cannot be followed, what can, and what to do. */
type Refusal = readonly [message: string, expected: string, next: string];
type Check = (config: Config, command: string) => Refusal | false;

/** Commands that speak to BigQuery. */
const SPEAKS_BIGQUERY = ['query', 'tail', 'latency', 'forget', 'replay', 'worker'];

const OWN_TABLES = /^(events_(rejected|deduped|ga4|v2_compat)|sessions|stargate_\w+)$/i;

/** Only `dev` is log, worker and warehouse in one process; what others keep in memory nobody else would see. */
const unseen = (url: string, command: string): boolean => url.startsWith('memory:') && command !== 'dev';

const CHECKS: Partial<Record<SettingName, Check>> = {
  log({ log }, command) {
    if (log.startsWith('kafka:') && !['worker', 'serve', 'forget', 'replay'].includes(command))
      return [
        'This command keeps its log on this machine.',
        'embedded:DIR',
        'Add --log embedded:.stargate/log to keep the log in a folder of this machine.',
      ];
    const message = 'A log in memory ends with its process, and no other process can read it.';
    return unseen(log, command) && [message, 'embedded:DIR', 'Name a folder, or use stargate dev.'];
  },
  warehouse({ warehouse }, command) {
    if (warehouse.startsWith('bigquery:') && !SPEAKS_BIGQUERY.includes(command))
      return [
        `A warehouse in BigQuery is not offered by ${command} yet.`,
        'duckdb:FILE',
        'Add --warehouse duckdb:.stargate/warehouse.duckdb to use a file of this machine.',
      ];
    const message = 'A warehouse in memory ends with its process, and no other process can query it.';
    return unseen(warehouse, command) && [message, 'duckdb:FILE', 'Name a file, or use stargate dev.'];
  },
  table: ({ table }) =>
    table !== null &&
    OWN_TABLES.test(table) && [
      'That table, or view, is one of Stargate itself.',
      'a name of its own for the event table',
      'Choose another --table.',
    ],
  delivery: ({ delivery, warehouse }) =>
    delivery === 'at-least-once' &&
    !warehouse.startsWith('bigquery:') && [
      'DuckDB is always written exactly once; a weaker guarantee is not offered for it.',
      'exactly-once',
      'Leave --delivery out.',
    ],
  partitionBy: (config) =>
    config.partitionBy === 'visitor' &&
    config.log.startsWith('embedded:') &&
    processesOf(config) > 1 && [
      'An embedded log has one partition a process, so several cannot keep the events of a visitor together.',
      '--workers 1 beside --partition-by visitor',
      'Add --workers 1, or leave --partition-by out.',
    ],
};

/** Judges the settings that a command uses. Errors: STG_CONNECTION_UNSUPPORTED, STG_OPTION_INVALID. */
export function refuseUnoffered(
  { config, provenance }: Loaded,
  command: string,
  uses: readonly SettingName[],
): void {
  for (const name of uses) {
    const refusal = CHECKS[name]?.(config, command);
    if (!refusal) continue;
    const [message, expected, next] = refusal;
    // Of a connection the scheme alone: more could hold a secret.
    const [scheme] = /^[a-z]+:/.exec(String(config[name])) ?? [];
    const code = scheme ? 'STG_CONNECTION_UNSUPPORTED' : 'STG_OPTION_INVALID';
    const got = `${scheme ?? config[name]} (${provenance[name]})`;
    throw new StargateError(code, { message, expected, got, next });
  }
}
