/** What `serve` says at its start, and at its end. */
import type { Config } from '../config/schema.js';
import type { Output } from '../output.js';
import { refusedFolder, refusedText } from '../runtime/refused.js';
import type { AllEnded } from '../runtime/supervise.js';

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

/** Nobody should lose events without having been told. */
export function warnOfFast({ ack }: Config, output: Output): void {
  if (ack !== 'fast') return;
  output.warn(
    '--ack fast answers 2xx before an event is stored: what is in memory is lost when a process dies. The others (log, spool) lose nothing that they have acknowledged.',
  );
}

/** What was not as it should be at the end, and what is left for the next start. */
export function endTexts(ended: AllEnded, config: Config): string[] {
  const { cut, late, lost, killed, broken, waiting, refused } = ended;
  return [
    cut > 0 &&
      `${count(cut, 'request was', 'requests were')} cut off at the deadline; none was answered with success.`,
    late > 0 &&
      `The log could not be closed, or not before the deadline (${count(late, 'process', 'processes')}).`,
    killed > 0 && `${count(killed, 'process', 'processes')} had to be killed at the deadline.`,
    broken > 0 &&
      `${count(broken, 'process', 'processes')} broke off at the end: what was under way there was not answered.`,
    lost > 0 &&
      `${count(lost, 'event was', 'events were')} answered with success and not stored, or nobody knows: --ack fast.`,
    waiting > 0 &&
      `${count(waiting, 'event waits', 'events wait')} in the spool (${config.spool}); the next start carries them over.`,
    refused > 0 && refusedText(refused, refusedFolder(config)),
  ].filter((sentence) => sentence !== false);
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
