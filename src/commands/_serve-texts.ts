/** What `serve` says at its start. */
import type { Config } from '../config/schema.js';
import type { Output } from '../output.js';

export interface ServeReady {
  readonly version: string;
  readonly collector: string;
  readonly admin: string | null;
  readonly processes: number;
  readonly log: string;
}

export function serveReady({ version, collector, admin, processes, log }: ServeReady): string {
  return [
    `Collector ${version}  ${processes} ${processes === 1 ? 'process' : 'processes'}`,
    `  Collector  ${collector}/v1/events`,
    `  Log        ${log}`,
    ...(admin ? [`  Admin      ${admin}/metrics`] : []),
  ].join('\n');
}

/** A collector that lets nobody send is hardly ever what was meant. */
export function warnOfNobody({ sources, allowedHosts, apiKey }: Config, output: Output): void {
  if (sources.length > 0 || allowedHosts.length > 0 || apiKey) return;
  output.warn('No source is configured: every request will be answered 401. Add "sources" to stargate.json.');
}
