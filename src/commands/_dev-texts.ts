/** What `dev` says at its start and at its end. */
import type { LiveCounts } from '../event/live.js';
import type { Style } from '../output.js';

export const isLoopback = (host: string): boolean => /^(localhost|127\..*|::1)$/.test(host);

export const PAGE_IS_LOCAL =
  'Others on the network may send events; the live page answers this machine only. Set STARGATE_DEV_TOKEN to open it to them.';

export interface Greeting {
  readonly version: string;
  readonly seconds: number;
  readonly collector: string;
  readonly ui: string;
  readonly data: string;
  /** Needed to open the page, where one is set. */
  readonly token: string | null;
}

export function greeting(
  { version, seconds, collector, ui, data, token }: Greeting,
  { bold, accent, dim }: Style,
): string {
  const query = token === null ? '' : `?token=${encodeURIComponent(token)}`;
  return [
    '',
    `  ${bold(`Stargate ${version}`)}  ready in ${seconds.toFixed(1)} s`,
    '',
    `  Live page   ${accent(ui + query)}`,
    `  Demo shop   ${accent(`${ui}demo/${query}`)}`,
    `  Collector   ${collector}/v1/events   ${dim('write key:')} dev`,
    `  Data        ${data}   ${dim('embedded log and DuckDB')}`,
    '',
    `  ${dim('Send one event:')}`,
    `  curl ${collector}/v1/events -H 'content-type: application/json' \\`,
    `    -d '{"v":1,"k":"dev","events":[{"name":"hello"}]}'`,
    '',
  ].join('\n');
}

/** The invariant, how long events took, and where the data is. `data` is null where it was thrown away. */
export function summary(
  counts: LiveCounts,
  data: string | null,
  stored: boolean,
  { good, bad }: Style,
): string {
  const { received, queryable, in_flight } = counts;
  const n = (value: number) => value.toLocaleString('en');
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const sum = `  ${n(received)} received = ${good(`${n(counts.good)} good`)} + ${bad(`${n(counts.bad)} bad`)} + ${n(in_flight)} in flight`;
  const times = queryable
    ? `Queryable in p50 ${seconds(queryable.p50)} s, p99 ${seconds(queryable.p99)} s. `
    : '';
  const kept = data === null ? 'Nothing was kept.' : `Data kept in ${data}`;
  const open = stored ? '' : '\n  What is in flight stays in the log, and is stored at the next start.';
  return `\n${sum}\n  ${times}${kept}${open}`;
}
