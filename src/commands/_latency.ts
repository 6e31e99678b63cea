/** Flags of `latency`, and what they ask of the engine. */
import { type Command, Option } from 'commander';
import type { Loaded } from '../config/load.js';
import type { Config, SettingName } from '../config/schema.js';
import type { Probe } from '../measure/freshness/ledger.js';
import type { LatencyInput } from '../runtime/latency.js';
import { bigqueryOf } from '../runtime/ports.js';
import type { Context, Invocation } from './_command.js';
import { confirmed } from './_latency-undertaking.js';
import { type Flags, numberOf, refuse, textsOf, timeOf, wholeOf } from './_load-values.js';

export const USES: readonly SettingName[] = ['warehouse', 'table', 'data', 'adminPort', 'bigqueryEndpoint'];

const LOCAL = 'http://127.0.0.1:8000';

export function latencyFlags(cli: Command): void {
  cli
    .argument('[url]', `address of the collector (default ${LOCAL})`)
    .addOption(new Option('--probes <N>', 'probes to send (default 400; p99 needs 368)'))
    .addOption(new Option('--rate <N>', 'probes a second on average, at random moments (default 10)'))
    .addOption(new Option('--poll <TIME>', 'time between two queries (default 200ms): the resolution'))
    .addOption(
      new Option(
        '--timeout <TIME>',
        'time until a probe is late; as long again it is looked for (default 60s)',
      ),
    )
    .addOption(
      new Option(
        '--slo <OBJECTIVE>',
        "such as 'within 10s >= 99%' or 'p99<2s'; exit status 3 when missed",
      ).argParser((value: string, before: string[] = []) => [...before, value]),
    )
    .addOption(new Option('--key <KEY>', 'browser key (default dev); a server key by STARGATE_WRITE_KEY'))
    .addOption(new Option('--watch', 'go on until Ctrl-C; metrics with --admin-port'))
    .addOption(new Option('--csv <FILE>', 'a row a probe'))
    .addOption(new Option('--html <FILE>', 'one page with plots'))
    .addOption(new Option('--i-own-this-target', 'the target may be another machine'));
}

/** What the flags say. Errors: STG_OPTION_INVALID. */
export function latencyInput(
  { args, flags }: Invocation,
  { writeKey: bearer }: Config,
  context: Context,
): Omit<LatencyInput, 'warehouse'> {
  const devToken = context.env.STARGATE_DEV_TOKEN || undefined;
  return {
    url: args[0] ?? LOCAL,
    ...given({
      probes:
        flags.watch === true ? Number.POSITIVE_INFINITY : wholeOf(flags, 'probes', '--probes', [1, 100_000]),
      ratePerSecond: numberOf(flags, 'rate', '--rate', [0.001, 200]),
      pollMs: between(flags, 'poll', 10, 600_000),
      timeoutMs: between(flags, 'timeout', 100, 86_400_000),
    }),
    ...(typeof flags.key === 'string' ? { key: flags.key } : bearer !== null && { bearer }),
    ...(devToken !== undefined && { devToken }),
    objectives: textsOf(flags, 'slo'),
    iOwnThisTarget: flags.iOwnThisTarget === true,
    command: commandLine(args, flags),
    confirm: (undertaking) => confirmed(undertaking, context),
  };
}

/** A warehouse that somebody named is asked; without one the target is, where it is a `dev`. */
export function lookedUpIn({ config, provenance }: Loaded): Partial<LatencyInput> {
  const named = /^(flag|environment)/.test(provenance.warehouse);
  return {
    ...(named ? { warehouse: config.warehouse } : { fallback: config.warehouse }),
    ...(config.table !== null && { table: config.table }),
    bigquery: bigqueryOf(config),
  };
}

const given = (values: Readonly<Record<string, number | undefined>>): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

function between(flags: Flags, name: string, least: number, most: number): number | undefined {
  const value = timeOf(flags, name, `--${name}`);
  if (value === undefined || (value >= least && value <= most)) return value;
  return refuse(`--${name}`, `a time from ${least}ms to ${most / 1000}s`, flags[name]);
}

// biome-ignore format: one list
const SHOWN = new Set([
  'warehouse', 'table', 'probes', 'rate', 'poll', 'timeout', 'slo', 'watch', 'csv', 'html', 'iOwnThisTarget',
]);

/** The command as a person could type it again, without keys. */
function commandLine(args: Invocation['args'], flags: Flags): string {
  const quoted = (text: string) =>
    /^[\w:/.@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  const options = Object.entries(flags)
    .filter(([name]) => SHOWN.has(name))
    .flatMap(([name, value]) => {
      const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const values = Array.isArray(value) ? value : [value];
      return values.map((one) => (one === true ? flag : `${flag} ${quoted(String(one))}`));
    });
  return ['stargate latency', ...args.filter((arg) => arg !== undefined).map(quoted), ...options].join(' ');
}

export interface AdminMetrics {
  readonly url: string;
  settled(probe: Probe): void;
  close(): Promise<void>;
}

/** Metrics for Prometheus, where `--admin-port` asks for them. */
export async function adminMetrics(
  { config: { adminPort }, provenance }: Loaded,
  { output }: Context,
): Promise<AdminMetrics | null> {
  // The port that stargate.json names is the one of `serve`, which may run beside.
  if (adminPort === 'off' || !provenance.adminPort.startsWith('flag')) return null;
  const { latencyAdmin } = await import('../runtime/latency-admin.js');
  const admin = await latencyAdmin(adminPort);
  output.note(`Metrics: ${admin.url}/metrics`);
  return admin;
}
