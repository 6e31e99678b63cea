/** What `latency --watch` tells Prometheus. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Probe } from './ledger.js';

/** Seconds; from a `dev` on this machine to a pipeline that stands still. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120];

/** Registers the metrics; returns what counts a settled probe. */
export function freshnessMetrics(registry: Registry): (probe: Probe) => void {
  const registers = [registry];
  const seen = new Histogram({
    name: 'stargate_probe_freshness_seconds',
    help: 'From the send of a probe until it was surely queryable (upper bound). Lost probes are in no bucket.',
    buckets: BUCKETS,
    registers,
  });
  const last = new Gauge({
    name: 'stargate_probe_last_freshness_seconds',
    help: 'Upper bound of the probe that was seen last.',
    registers,
  });
  const counter = (outcome: string, help: string) =>
    new Counter({ name: `stargate_probes_${outcome}_total`, help, registers });
  const outcomes = {
    lost: counter('lost', 'Probes accepted and not found in twice the timeout.'),
    late: counter('late', 'Probes found after the timeout.'),
    refused: counter('refused', 'Probes that the collector did not accept.'),
    found: counter('found', 'Probes found within the timeout.'),
  };
  const duplicated = counter('duplicated', 'Probes found with more than one row.');
  return ({ outcome, foundAt, sentAt, rows }) => {
    if (outcome !== null && outcome !== 'open') outcomes[outcome].inc();
    if (foundAt === null) return;
    const seconds = (foundAt - sentAt) / 1000;
    seen.observe(seconds);
    last.set(seconds);
    if (rows > 1) duplicated.inc();
  };
}
