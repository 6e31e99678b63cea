/** The metrics of several processes as those of one. */
import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Metrics } from './messages.js';

/** Everything else adds up. */
const HOW: Readonly<Record<string, string>> = {
  stargate_build_info: 'first',
  stargate_eventloop_utilization_ratio: 'max',
};

function merged(reports: readonly Metrics[]): Registry {
  const told = reports.map((metrics) =>
    metrics.map((metric) => ({ ...metric, aggregator: HOW[metric.name] ?? metric.aggregator })),
  );
  return AggregatorRegistry.aggregate(told);
}

/** Prometheus text. */
export const asText = (reports: readonly Metrics[]): Promise<string> => merged(reports).metrics();

/** Two reports as one that takes no more room than either. */
export const added = async (one: Metrics, other: Metrics): Promise<Metrics> =>
  (await merged([one, other]).getMetricsAsJSON()) as Metrics;

/** What a process that is gone leaves behind: counters must not go down, gauges have nothing to say any more. */
export const lasting = (metrics: Metrics): Metrics =>
  metrics.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
