/** Flags of `latency`, and what they ask of the engine. */
import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import type { Loaded } from '../config/load.js';
import type { Config, SettingName } from '../config/schema.js';
import { StargateError } from '../errors.js';
import type { Undertaking } from '../measure/freshness/latency.js';
import type { Probe } from '../measure/freshness/ledger.js';
import { milliseconds } from '../measure/objectives.js';
import type { LatencyInput } from '../runtime/latency.js';
import type { Context, Invocation } from './_command.js';

export const USES: readonly SettingName[] = ['warehouse', 'table', 'data', 'adminPort'];

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
    .addOption(new Option('--csv <FILE>', 'write every probe as CSV'))
    .addOption(new Option('--html <FILE>', 'write a report to read in a browser'))
    .addOption(new Option('--i-own-this-target', 'the target may be another machine'));
}

/** What the flags say. Errors: STG_OPTION_INVALID. */
export function latencyInput({ args, flags }: Invocation, context: Context): Omit<LatencyInput, 'warehouse'> {
  const bearer = context.env.STARGATE_WRITE_KEY || undefined;
  const devToken = context.env.STARGATE_DEV_TOKEN || undefined;
  return {
    url: args[0] ?? LOCAL,
    ...number('probes', flags, 'probes', true),
    ...number('rate', flags, 'ratePerSecond'),
    ...time('poll', flags, 'pollMs'),
    ...time('timeout', flags, 'timeoutMs'),
    ...(flags.watch === true && { probes: Number.POSITIVE_INFINITY }),
    ...(typeof flags.key === 'string' ? { key: flags.key } : bearer !== undefined && { bearer }),
    ...(devToken !== undefined && { devToken }),
    objectives: (flags.slo as readonly string[] | undefined) ?? [],
    iOwnThisTarget: flags.iOwnThisTarget === true,
    command: commandLine(args, flags),
    confirm: (undertaking) => confirm(undertaking, context),
  };
}

/** A warehouse that somebody named is asked; without one the target is, where it is a `dev`. */
export function lookedUpIn({ config, provenance }: Loaded): Partial<LatencyInput> {
  const named = /^(flag|environment)/.test(provenance.warehouse);
  return {
    ...(named ? { warehouse: config.warehouse } : { fallback: config.warehouse }),
    ...(config.table !== null && { table: config.table }),
  };
}

type Flags = Invocation['flags'];

function number(flag: string, flags: Flags, name: keyof LatencyInput, whole = false): object {
  if (flags[flag] === undefined) return {};
  const value = Number(flags[flag]);
  if (value > 0 && value <= 1e6 && (!whole || Number.isInteger(value))) return { [name]: value };
  throw refused(flag, whole ? 'a whole number above zero' : 'a number above zero', flags[flag]);
}

function time(flag: string, flags: Flags, name: keyof LatencyInput): object {
  if (flags[flag] === undefined) return {};
  const value = milliseconds(String(flags[flag]));
  if (value !== undefined && value >= 1 && value <= 86_400_000) return { [name]: value };
  throw refused(flag, 'a time with its unit, such as 500ms or 60s', flags[flag]);
}

const refused = (flag: string, expected: string, got: unknown): StargateError =>
  new StargateError('STG_OPTION_INVALID', {
    message: `The value of --${flag} cannot be used.`,
    expected,
    got: String(got),
  });

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

/** Says what will happen and what it costs; asks where somebody can answer. Errors: STG_CONFIRMATION_NEEDED. */
async function confirm(undertaking: Undertaking, context: Context): Promise<boolean> {
  const { target, warehouse, plan, looks, cost } = undertaking;
  const probes = Number.isFinite(plan.probes) ? `${plan.probes} probes` : 'Probes without end';
  const bill =
    cost && Number.isFinite(looks)
      ? `, about ${(cost.bytes / 1e9).toFixed(1)} GB billed, ${cost.usd.toFixed(2)} USD`
      : '';
  const text = `${probes} to ${target}, ${plan.ratePerSecond} a second; ${Number.isFinite(looks) ? `up to ${looks}` : 'a query'} ${Number.isFinite(looks) ? 'queries' : `every ${plan.pollMs} ms`} of ${warehouse}${bill}.`;
  context.output.note(text);
  if (context.yes) return true;
  if (!context.interactive) throw new StargateError('STG_CONFIRMATION_NEEDED', { got: text });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question('Go on? [y/N] ', { signal: context.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

export interface AdminMetrics {
  readonly url: string;
  settled(probe: Probe): void;
  close(): Promise<void>;
}

/** Metrics for Prometheus, where `--admin-port` asks for them. */
export async function adminMetrics({ adminPort }: Config, { output }: Context): Promise<AdminMetrics | null> {
  if (adminPort === 'off') return null;
  const { latencyAdmin } = await import('../runtime/latency-admin.js');
  const admin = await latencyAdmin(adminPort);
  output.note(`Metrics: ${admin.url}/metrics`);
  return admin;
}
