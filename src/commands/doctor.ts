import { Argument } from 'commander';
import type { SettingName } from '../config/schema.js';
import { COMPONENTS, type Component } from '../doctor/codes.js';
import { diagnose } from '../runtime/doctor.js';
import { untilAborted } from '../runtime/signal.js';
import { withSettings } from './_args.js';
import type { CommandModule } from './_command.js';
import { patientOf } from './_doctor-patient.js';
import { findingsText } from './_doctor-text.js';

// biome-ignore format: one list
const USES: readonly SettingName[] = [
  'log', 'warehouse', 'table', 'group', 'data', 'spool', 'workers', 'port', 'tlsCert', 'tlsKey', 'writeKeysFile',
  'partitions', 'replicas', 'topicRetention', 'retentionDays',
  'bigqueryEndpoint', 'bigqueryStorageEndpoint', 'bigqueryLocation',
];

/** What a person may call a component by. */
const ALIASES: Readonly<Record<string, Component>> = {
  kafka: 'log',
  bigquery: 'warehouse',
  duckdb: 'warehouse',
};
const UNHEALTHY = 3;

export const command: CommandModule = {
  define(cli) {
    const names = [...Object.keys(COMPONENTS), ...Object.keys(ALIASES)];
    cli.addArgument(new Argument('[component]', 'only this part; default: all').choices(names));
    withSettings(cli, USES);
  },
  async run(invocation, context) {
    const { output } = context;
    const [name] = invocation.args;
    const only = name === undefined ? null : (ALIASES[name] ?? (name as Component));
    const progress = output.json ? null : await output.progress('Looking');
    const looking = diagnose(patientOf(invocation, context), only);
    const findings = await Promise.race([looking, interrupted(context.signal)]).finally(() =>
      progress?.stop(),
    );
    await output.result(findings, () => findingsText(findings, output.style, output.width));
    return findings.some(({ state }) => state === 'failed') ? UNHEALTHY : 0;
  },
};

/** What was looked at so far would pass for all. */
const interrupted = async (signal: AbortSignal): Promise<never> => {
  await untilAborted(signal);
  throw signal.reason;
};
