import { build, type Histogram } from 'hdr-histogram-js';
import type { LoadReport, LoadSeries, LoadVerdict, ObjectiveResult } from '../../src/measure/load/report.js';
import { meets, parseObjective } from '../../src/measure/objectives.js';
import { figuresOf } from '../../src/measure/report/histogram.js';
import { random } from '../../src/measure/shoppers.js';

/** A load test that never ran: requests are sent, wait and are answered in a simulation, and reported as the real one would. */
export interface Simulation {
  readonly seed?: number;
  readonly seconds: number;
  /** Requests/s planned, by second. */
  readonly rate: number | ((second: number) => number);
  readonly warmup?: number;
  readonly stepMs?: number;
  /** Each simulated request stands for so many, so that hours take no longer than seconds. */
  readonly weight?: number;
  /** Seconds in which the target answers nothing. */
  readonly freeze?: readonly [from: number, to: number];
  /** Requests/s that the client can send at most. */
  readonly clientLimit?: number;
  /** What becomes of request `n`: a status, or a layer that failed; null for 202. */
  readonly fail?: (n: number, second: number) => number | 'connect' | 'timeout' | null;
  readonly objectives?: readonly string[];
  readonly change?: Partial<LoadReport>;
}

interface Interval {
  offered: number;
  achieved: number;
  failed: number;
  sent: number;
  inFlight: number;
  backlog: number;
  readonly response: number[];
  readonly service: number[];
  readonly lag: number[];
}

interface Answer {
  readonly planned: number;
  readonly sent: number;
  readonly answered: number;
  readonly outcome: number | string;
}

const STARTED = Date.UTC(2026, 10, 23, 14, 32, 10);
const histogram = () =>
  build({ bitBucketSize: 64, highestTrackableValue: 3.6e9, numberOfSignificantValueDigits: 3 });
const at = (sorted: readonly number[], p: number): number | null =>
  sorted.length === 0 ? null : sorted[Math.ceil(sorted.length * p) - 1]!;

/** Every request of the run, seconds from its start. Service is log-normal around 6 ms. */
function* requests(run: Simulation): Generator<Answer> {
  const next = random(run.seed ?? 1);
  const weight = run.weight ?? 1;
  let free = 0;
  let n = 0;
  for (let second = 0; second < run.seconds; second += 1) {
    const rate = (typeof run.rate === 'number' ? run.rate : run.rate(second)) / weight;
    for (let i = 0; i < rate; i += 1) {
      const planned = second + i / rate;
      const sent = Math.max(planned + 0.0002 * next(), free);
      free = run.clientLimit === undefined ? 0 : sent + weight / run.clientLimit;
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      const [from, to] = run.freeze ?? [0, 0];
      const awake = sent >= from && sent < to ? to : sent;
      const outcome = run.fail?.(n, second) ?? 202;
      const slow = outcome === 'timeout' ? 5 : 0.006 * Math.exp(0.45 * normal);
      yield { planned, sent, answered: awake + slow, outcome };
      n += 1;
    }
  }
}

export function simulate(run: Simulation): LoadReport {
  const { seconds, warmup = 0, stepMs = 1000, weight = 1 } = run;
  const slots: Interval[] = Array.from({ length: Math.ceil((seconds * 1000) / stepMs) }, () => ({
    offered: 0,
    achieved: 0,
    failed: 0,
    sent: 0,
    inFlight: 0,
    backlog: 0,
    response: [],
    service: [],
    lag: [],
  }));
  const slot = (time: number) => slots[Math.min(slots.length - 1, Math.floor((time * 1000) / stepMs))]!;
  const codes: Record<string, number> = {};
  const errors: Record<string, number> = {};
  const all: Answer[] = [];
  for (const request of requests(run)) {
    all.push(request);
    const { planned, sent, answered, outcome } = request;
    const kind = typeof outcome === 'number' ? codes : errors;
    kind[outcome] = (kind[outcome] ?? 0) + weight;
    slot(planned).offered += weight;
    slot(planned).lag.push((sent - planned) * 1000);
    slot(sent).sent += weight;
    for (
      let i = Math.floor((planned * 1000) / stepMs);
      i < slots.length && ((i + 1) * stepMs) / 1000 < answered;
      i += 1
    )
      slots[i]![((i + 1) * stepMs) / 1000 < sent ? 'backlog' : 'inFlight'] += weight;
    if (outcome !== 202) slot(answered).failed += weight;
    if (typeof outcome !== 'number') continue;
    if (answered < seconds) slot(answered).achieved += weight;
    slot(planned).response.push((answered - planned) * 1000);
    slot(answered).service.push((answered - sent) * 1000);
  }
  return report(run, slots, all, { codes, errors, warmup, stepMs, weight });
}

interface Counted {
  readonly codes: Record<string, number>;
  readonly errors: Record<string, number>;
  readonly warmup: number;
  readonly stepMs: number;
  readonly weight: number;
}

function report(run: Simulation, slots: Interval[], all: Answer[], counted: Counted): LoadReport {
  const { warmup, stepMs, weight, codes, errors } = counted;
  const series = seriesOf(run, slots, stepMs);
  const limited = series.lagP99.findIndex((lag) => (lag ?? 0) > 5);
  const windowEnd = run.seconds * 1000;
  const window = { fromMs: warmup * 1000, toMs: windowEnd };
  const judgedTo = limited < 0 ? windowEnd : limited * stepMs;
  const judged = judgedTo > window.fromMs ? { fromMs: window.fromMs, toMs: judgedTo } : null;
  const whole = latencies(all, warmup, run.seconds, weight);
  const judgedLatency = judged && latencies(all, warmup, judgedTo / 1000, weight);
  const answered = all.filter(({ outcome }) => typeof outcome === 'number');
  const failed = all.filter(({ outcome }) => outcome !== 202).length * weight;
  const objectives = (run.objectives ?? ['p99<200ms', 'errors<0.1%']).map((text): ObjectiveResult => {
    const objective = parseObjective(text, ['response', 'service', 'lag']);
    const errorShare = all.length === 0 ? 0 : failed / (all.length * weight);
    const value = (figures: typeof whole | null) =>
      figures === null
        ? null
        : objective.metric.kind === 'errors'
          ? errorShare
          : figures.response.count === 0
            ? null
            : figures.response.p99;
    const of = value(judgedLatency);
    const state = limited >= 0 || of === null ? 'not-judged' : meets(objective, of) ? 'met' : 'missed';
    return { objective: text, whole: value(whole), judged: of, state };
  });
  const missed = objectives.some(({ state }) => state === 'missed');
  const verdict: LoadVerdict = limited >= 0 ? 'client-limited' : missed ? 'target-limited' : 'ok';
  const inside =
    answered.filter((each) => each.answered >= warmup && each.answered < run.seconds).length * weight;
  return {
    kind: 'stargate.loadtest',
    version: 1,
    run: `lt-${(0x7f3a00 + (run.seed ?? 1)).toString(16)}`,
    startedAt: STARTED,
    target: 'https://collect.shop.example/v1/events',
    command:
      "stargate loadtest https://collect.shop.example --rate 5000 --slo 'p99<200ms' --slo 'errors<0.1%'",
    plan: {
      model: 'open',
      pace: `${Math.round((all.length * weight) / run.seconds)}/s on average`,
      durationMs: windowEnd,
      warmupMs: warmup * 1000,
      drainMs: 5000,
      timeoutMs: 5000,
      connections: 256,
      workers: 1,
      batch: 1,
      payload: 'mix ga4',
      bodyBytes: 742,
      precise: false,
    },
    client: { node: '20.20.2', platform: 'linux x64', cpu: 'Example CPU 3 GHz', cores: 4, timerMs: 1.07 },
    verdict,
    headline: {
      ok: 'The target kept up.',
      'target-limited': 'The target was the limit.',
      'client-limited': 'This machine was the limit.',
      inconclusive: '',
    }[verdict],
    explanation: 'Simulated.',
    exitCode: verdict === 'client-limited' ? 5 : missed ? 3 : 0,
    window,
    judged,
    totals: {
      planned: all.length * weight,
      sent: all.length * weight,
      answered: answered.length * weight,
      codes,
      errors,
      failed,
      accepted: codes['202'] ?? 0,
      rejected: 0,
      bytesSent: all.length * weight * 742,
      bytesReceived: answered.length * weight * 96,
      offeredMax: Math.max(0, ...series.offered),
      achievedMax: Math.max(0, ...series.achieved),
      achieved: inside / (run.seconds - warmup),
      offered: (all.filter(({ planned }) => planned >= warmup).length * weight) / (run.seconds - warmup),
    },
    latency: { whole, judged: judgedLatency },
    series,
    objectives,
    verification: null,
    search: null,
    notes:
      limited < 0
        ? []
        : [{ code: 'client-limited', text: 'Start lag p99 was above 5 ms.', atMs: limited * stepMs }],
    ...run.change,
  };
}

function latencies(all: readonly Answer[], from: number, to: number, weight: number) {
  const made: Record<'response' | 'service' | 'lag', Histogram> = {
    response: histogram(),
    service: histogram(),
    lag: histogram(),
  };
  const record = (kind: keyof typeof made, seconds: number) =>
    made[kind].recordValueWithCount(Math.max(0, Math.round(seconds * 1e6)), weight);
  for (const { planned, sent, answered, outcome } of all) {
    if (planned < from || planned >= to) continue;
    record('lag', sent - planned);
    if (typeof outcome !== 'number') continue;
    record('response', answered - planned);
    record('service', answered - sent);
  }
  return { response: figuresOf(made.response), service: figuresOf(made.service), lag: figuresOf(made.lag) };
}

function seriesOf(run: Simulation, slots: readonly Interval[], stepMs: number): LoadSeries {
  const next = random(99);
  const rate = (value: number) => (value * 1000) / stepMs;
  const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
  const p = (key: 'response' | 'service' | 'lag', share: number) =>
    slots.map((slot) => at(sorted(slot[key]), share));
  return {
    stepMs,
    offered: slots.map(({ offered }) => rate(offered)),
    achieved: slots.map(({ achieved }) => rate(achieved)),
    responseP50: p('response', 0.5),
    responseP99: p('response', 0.99),
    serviceP50: p('service', 0.5),
    serviceP99: p('service', 0.99),
    lagP99: p('lag', 0.99),
    utilisation: slots.map(({ sent }) =>
      Math.min(1, 0.1 + 0.85 * (rate(sent) / (run.clientLimit ?? 12_000)) + 0.02 * next()),
    ),
    backlog: slots.map(({ backlog }) => backlog),
    inFlight: slots.map(({ inFlight }) => inFlight),
    failed: slots.map(({ failed }) => rate(failed)),
  };
}

/** Runs that the reports must show well, by name. */
export const LOAD_RUNS = {
  ok: () => simulate({ seconds: 60, rate: 2000, weight: 10, warmup: 10, seed: 2 }),
  freeze: () => simulate({ seconds: 60, rate: 5000, weight: 10, warmup: 10, freeze: [31, 32], seed: 3 }),
  clientLimited: () =>
    simulate({
      seconds: 120,
      rate: (s) => Math.min(9000, 500 + 85 * s),
      weight: 20,
      warmup: 10,
      clientLimit: 7600,
      seed: 4,
    }),
  allErrors: () => simulate({ seconds: 30, rate: 500, weight: 5, fail: () => 'connect', seed: 5 }),
  mixedErrors: () =>
    simulate({
      seconds: 60,
      rate: 1000,
      weight: 5,
      seed: 6,
      fail: (n, s) =>
        s > 20 && s < 35 && n % 7 === 0 ? 503 : n % 400 === 0 ? 'timeout' : n % 900 === 0 ? 429 : null,
    }),
  oneSecond: () => simulate({ seconds: 1, rate: 200, seed: 7 }),
  nothing: () => simulate({ seconds: 5, rate: 0, seed: 8 }),
  hours: () =>
    simulate({
      seconds: 6 * 3600,
      stepMs: 10_000,
      weight: 500,
      warmup: 60,
      freeze: [9000, 9020],
      seed: 9,
      rate: (s) => 2000 + 1500 * Math.sin(s / 1800),
    }),
} as const satisfies Record<string, () => LoadReport>;

/** Two machines against one target at the same time, the second 0.4 s later. */
export function twoMachines(): readonly [LoadReport, LoadReport] {
  const one = simulate({ seconds: 60, rate: 3000, weight: 10, warmup: 10, freeze: [31, 31.6], seed: 11 });
  const two = simulate({
    seconds: 60,
    rate: 2000,
    weight: 10,
    warmup: 10,
    freeze: [30.6, 31.2],
    seed: 12,
    change: { startedAt: STARTED + 400 },
  });
  return [one, { ...two, client: { ...two.client, cpu: 'Other CPU 2 GHz' } }];
}
