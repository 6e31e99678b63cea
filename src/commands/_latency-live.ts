/** What `latency` shows while it runs: a line that changes on a terminal, a line now and then elsewhere. */
import type { LatencyProgress } from '../measure/freshness/latency.js';
import { duration } from '../measure/freshness/texts.js';
import type { Context } from './_command.js';
import { latencyDocument } from './_latency-files.js';

export interface LatencyLive {
  progress(progress: LatencyProgress): void;
  /** Any number of times. */
  stop(): void;
}

const REPORT_EVERY_MS = 10_000;

export async function latencyLive({ output }: Context, watch: boolean): Promise<LatencyLive> {
  const progress = await output.progress('Waiting for the first probe …');
  let stopped = false;
  let reportedAt = performance.now();
  return {
    progress(now) {
      if (stopped) return;
      progress.update(line(now));
      if (!watch || !output.json || performance.now() - reportedAt < REPORT_EVERY_MS) return;
      reportedAt = performance.now();
      // Without the probes, which would be the same ones again and again.
      void output.record(latencyDocument({ ...now.report(), probes: [] }), () => '');
    },
    stop() {
      if (!stopped) progress.stop();
      stopped = true;
    },
  };
}

function line({ sent, seen, lost, refused, open, last }: LatencyProgress): string {
  const parts = [`${sent} sent`, `${seen} seen`, `${open} open`];
  if (lost > 0) parts.push(`${lost} lost`);
  if (refused > 0) parts.push(`${refused} refused`);
  if (last !== null) parts.push(`last ${duration(last)}`);
  return parts.join(', ');
}
