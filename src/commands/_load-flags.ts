/** Flags of `loadtest`: their declaration, and what the engine is asked for. */
import { type Command, Option } from 'commander';
import type { Config } from '../config/schema.js';
import { parseStages } from '../measure/load/curve.js';
import { DEFAULTS, type LoadtestOptions, MOST_REQUESTS } from '../measure/load/options.js';
import { LATENCIES } from '../measure/load/score.js';
import type { CurveSpec } from '../measure/load/wire.js';
import { milliseconds, parseObjective } from '../measure/objectives.js';
import { payloadOf } from './_load-payload.js';
import { type Flags, numberOf, refuse, textsOf, timeOf, wholeOf } from './_load-values.js';

type Declared = readonly [flags: string, text: string, repeats?: true];

const GROUPS: Readonly<Record<string, readonly Declared[]>> = {
  'Load:': [
    ['--rate <N>', 'requests per second, evenly spaced (default 100)'],
    ['--duration <TIME>', 'how long (default 30s)'],
    ['--stages <LIST>', 'DURATION:RATE,… instead of the two: the rate ramps to each value, 0:N begins at N'],
    ['--pace <HOW>', 'constant, poisson, or sine[:PERIOD[:PERCENT]] (default constant)'],
    ['--closed', 'no rate: each connection sends again when it has its answer'],
    ['--find-max', 'search the highest rate that meets every --slo'],
    ['--connections <N>', `connections, opened before the start (default ${DEFAULTS.connections})`],
    ['--workers <N|auto>', 'processes that send (default auto)'],
    ['--warmup <TIME>', 'left out of all figures (default 10s of a minute and more, else 0)'],
    ['--timeout <TIME>', 'an answer must come within (default 10s)'],
    ['--precise', 'spin instead of sleeping: a core for finer timing'],
    ['--max-requests <N>', `refuse a plan with more (default ${MOST_REQUESTS})`],
    ['--i-own-this-target', 'send to a target that is not this machine'],
  ],
  'What is sent:': [
    ['--mix <NAME>', 'events as of ga4, ua, vtex, wordpress, shopify, magento, all, or shop (default ga4)'],
    ['--file <FILE>', 'events of your own: NDJSON, events or envelopes'],
    ['--batch <N>', 'events a request, at most 50 (default 1)'],
    ['--sessions <N>', 'visitors that they are of (default 10000)'],
    [
      '--key <KEY>',
      'write key of a browser source (default dev, on loopback); STARGATE_WRITE_KEY: a server key',
    ],
    ['--raw-body <FILE>', 'the body for an endpoint that is no collector'],
    ['--content-type <TYPE>', 'content type (default text/plain, with --raw-body application/json)'],
    ['--header <NAME:VALUE>', 'a header more', true],
  ],
  'Judging:': [
    ['--slo <OBJECTIVE>', "such as 'p99<200ms' or 'errors<0.1%'; exit 3 when missed", true],
    ['--abort-on-fail', 'end as soon as an objective is missed'],
    ['--verify', 'ask the warehouse afterwards: accepted = stored, once'],
    ['--verify-timeout <TIME>', 'how long rows may take to be queryable (default 60s)'],
    ['--warehouse <URL>', "what --verify asks (default the target's /dev/query)"],
  ],
  'Reports:': [
    ['--html <FILE>', 'one page with plots'],
    ['--csv <FILE>', 'a row an interval'],
    ['--hlog <FILE>', 'HdrHistogram log'],
    ['--prometheus <FILE>', 'exposition text'],
  ],
};

export function declareFlags(command: Command): void {
  for (const [group, declared] of Object.entries(GROUPS))
    for (const [flags, text, repeats] of declared) {
      const option = new Option(flags, text).helpGroup(group);
      if (repeats) option.argParser((value: string, before: string[] = []) => [...before, value]);
      command.addOption(option);
    }
  command.addOption(
    new Option('--config <FILE>', 'configuration file (default stargate.json)').helpGroup('Judging:'),
  );
}

const MOST_RATE = 1_000_000;
/** How long each rate of a search is tried. */
const SEARCH_MS = 10_000;

function curveOf(flags: Flags): CurveSpec | null {
  const stages = flags.stages === undefined ? null : parseStages(String(flags.stages));
  const rate = numberOf(flags, 'rate', '--rate', [0.01, MOST_RATE]);
  const duration = timeOf(flags, 'duration', '--duration');
  if (flags.closed || flags.findMax) {
    const other = ['rate', 'stages', 'pace'].find(
      (name) => flags[name] !== undefined && !(flags.findMax && name !== 'stages'),
    );
    if (other) refuse(flags.closed ? '--closed' : '--find-max', `no --${other} beside it`, `--${other}`);
  }
  if (flags.closed) return null;
  if (stages && (rate !== undefined || duration !== undefined))
    refuse('--stages', 'no --rate and no --duration beside it', 'both');
  if (stages?.some(({ to }) => to > MOST_RATE)) refuse('--stages', `rates up to ${MOST_RATE}`, flags.stages);
  if (stages) return { kind: 'stages', stages };
  const durationMs = duration ?? (flags.findMax ? SEARCH_MS : DEFAULTS.durationMs);
  return sineOf(flags, rate ?? 100, durationMs) ?? { kind: 'constant', rate: rate ?? 100, durationMs };
}

function sineOf(flags: Flags, mean: number, durationMs: number): CurveSpec | null {
  const pace = String(flags.pace ?? 'constant');
  if (pace === 'constant' || pace === 'poisson') return null;
  const [, period, percent] =
    /^sine(?::([^:]+)(?::(\d{1,3})%?)?)?$/.exec(pace) ??
    refuse('--pace', 'constant, poisson, or sine[:PERIOD[:PERCENT]]', pace);
  const periodMs = period === undefined ? durationMs : milliseconds(period);
  const swing = Number(percent ?? 50) / 100;
  if (periodMs === undefined || periodMs < 100 || swing > 1)
    return refuse('--pace', 'a period such as 60s, and at most 100 %', pace);
  return { kind: 'sine', mean, durationMs, periodMs, swing };
}

function workersOf(flags: Flags): number | 'auto' {
  return flags.workers === undefined || flags.workers === 'auto'
    ? 'auto'
    : wholeOf(flags, 'workers', '--workers', [1, 64])!;
}

/** A rate beside random arrivals makes no sense where stages already say how the rate swings; all else combines. */
export async function optionsOf(
  url: URL,
  flags: Flags,
  config: Config,
  cwd: string,
): Promise<LoadtestOptions> {
  const optional = <K extends string, V>(name: K, value: V | undefined) =>
    (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
  const payload = await payloadOf(url, flags, config, cwd);
  return {
    url: url.href,
    curve: curveOf(flags),
    poisson: flags.pace === 'poisson',
    ...optional('durationMs', timeOf(flags, 'duration', '--duration')),
    ...optional('warmupMs', timeOf(flags, 'warmup', '--warmup')),
    ...optional('timeoutMs', timeOf(flags, 'timeout', '--timeout')),
    ...optional('connections', wholeOf(flags, 'connections', '--connections', [1, 20_000])),
    ...optional('maxRequests', wholeOf(flags, 'maxRequests', '--max-requests', [1, 1e12])),
    workers: workersOf(flags),
    precise: flags.precise === true,
    ...payload,
    objectives: textsOf(flags, 'slo').map((text) => parseObjective(text, LATENCIES)),
    abortOnFail: flags.abortOnFail === true,
  };
}

type Searched = LoadtestOptions & { readonly curve: Extract<CurveSpec, { readonly kind: 'constant' }> };

/** A search goes from one constant rate to another, and needs to know what is good enough. */
export function searched(options: LoadtestOptions): Searched {
  const { curve, objectives = [] } = options;
  if (objectives.length === 0) refuse('--find-max', 'an --slo beside it', 'none');
  if (curve?.kind === 'constant') return { ...options, curve };
  return refuse('--find-max', 'a constant --rate to begin with', 'another pace');
}
