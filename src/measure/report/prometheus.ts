import type { LatencyFigures, LatencyKind, LoadReport } from '../load/report.js';
import { bucketsOf } from './histogram.js';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [suffix: string, labels: Labels, value: number];

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Upper edges in seconds: three a decade, 100 µs to 100 s, around the usual objectives. */
const EDGES = [-4, -3, -2, -1, 0, 1].flatMap((power) => [1, 2, 5].map((n) => Number(`${n}e${power}`)));
const S = 1000;

/** The report in the text exposition format 0.0.4, in base units; labels carry what the run was. */
export function loadPrometheus(report: LoadReport): string {
  return families(report).map(written).join('');
}

function families(report: LoadReport): Family[] {
  const { totals, plan, client, latency, series } = report;
  return [
    {
      ...gauge('info', 'What was run.', 1),
      samples: [
        [
          '',
          {
            run: report.run,
            target: report.target,
            verdict: report.verdict,
            model: plan.model,
            node: client.node,
          },
          1,
        ],
      ],
    },
    gauge('start_time_seconds', 'When the run began, since 1970.', report.startedAt / S),
    gauge(
      'window_seconds',
      'Length of the measured window, without warm-up.',
      (report.window.toMs - report.window.fromMs) / S,
    ),
    gauge('exit_code', 'Exit code of the run: 0 ok, 3 objective missed, 5 not judged.', report.exitCode),
    counter('requests_planned_total', 'Requests planned.', totals.planned),
    counter('requests_sent_total', 'Requests that left the queue.', totals.sent),
    { ...counter('requests_total', 'Answers by status.', 0), samples: by('code', totals.codes) },
    {
      ...counter('errors_total', 'Requests without an answer, by the layer that failed.', 0),
      samples: by('layer', totals.errors),
    },
    counter('requests_failed_total', 'Requests without a 2xx answer.', totals.failed),
    ...optional('events_accepted_total', 'Events the target says it accepted.', totals.accepted),
    ...optional('events_rejected_total', 'Events the target says it rejected.', totals.rejected),
    counter('sent_bytes_total', 'Bytes sent.', totals.bytesSent),
    counter('received_bytes_total', 'Bytes received.', totals.bytesReceived),
    gauge('offered_requests_per_second', 'Rate planned for the measured window.', totals.offered),
    gauge(
      'achieved_requests_per_second',
      'Answers inside the measured window over its length.',
      totals.achieved,
    ),
    gauge(
      'client_utilisation_ratio',
      'Highest event-loop utilisation of a sender.',
      Math.max(0, ...series.utilisation),
    ),
    ...latencies('response', 'Latency from the planned start.', latency.whole.response),
    ...latencies('service', 'Latency from the way out of the queue.', latency.whole.service),
    ...latencies('lag', 'How late requests were handed over.', latency.whole.lag),
    {
      ...gauge('objective', 'State of each objective: 1 for the state it is in.', 0),
      samples: report.objectives.flatMap(({ objective, state }) =>
        (['met', 'missed', 'not-judged'] as const).map(
          (each): Sample => ['', { objective, state: each }, Number(each === state)],
        ),
      ),
    },
  ];
}

const gauge = (name: string, help: string, value: number): Family => ({
  name: `stargate_loadtest_${name}`,
  type: 'gauge',
  help,
  samples: [['', {}, value]],
});
const counter = (name: string, help: string, value: number): Family => ({
  ...gauge(name, help, value),
  type: 'counter',
});
const optional = (name: string, help: string, value: number | null): Family[] =>
  value === null ? [] : [counter(name, help, value)];
const by = (label: string, counts: Readonly<Record<string, number | undefined>>): Sample[] =>
  Object.entries(counts).map(([key, count]) => ['', { [label]: key }, count ?? 0]);

/** A histogram that can be summed over runs, and the quantiles that buckets are too coarse for. */
function latencies(kind: LatencyKind, help: string, figures: LatencyFigures): Family[] {
  const buckets = bucketsOf(figures.histogram);
  const count = buckets.reduce((sum, each) => sum + each.count, 0);
  const upTo = (edge: number) =>
    buckets.reduce((sum, each) => (each.toUs <= edge * 1e6 ? sum + each.count : sum), 0);
  const quantiles = {
    '0.5': figures.p50,
    '0.9': figures.p90,
    '0.99': figures.p99,
    '0.999': figures.p999,
    '1': figures.max,
  };
  return [
    {
      ...gauge(`${kind}_seconds`, help, 0),
      type: 'histogram',
      samples: [
        ...EDGES.map((edge): Sample => ['_bucket', { le: String(edge) }, upTo(edge)]),
        ['_bucket', { le: '+Inf' }, count],
        ['_sum', {}, (figures.mean * count) / S],
        ['_count', {}, count],
      ],
    },
    {
      ...gauge(`${kind}_quantile_seconds`, `${help} Quantiles to three digits.`, 0),
      samples: Object.entries(quantiles).map(([quantile, ms]) => ['', { quantile }, ms / S]),
    },
  ];
}

function written({ name, type, help, samples }: Family): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([suffix, labels, value]) => `${name}${suffix}${labelled(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelled(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
