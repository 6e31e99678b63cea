/** The clock of this process. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Time } from './ports.js';

const SAMPLE_MS = 10;

export interface SystemTime extends Time {
  close(): void;
}

export function systemTime(): SystemTime {
  const delays = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delays.enable();
  const now = () => performance.now();
  return {
    now,
    wall: () => Date.now(),
    async until(at, signal) {
      // A timer may fire a little early.
      while (now() < at && !signal.aborted) await pause(at - now(), signal);
    },
    stall() {
      const worst = delays.max / 1e6 - SAMPLE_MS;
      delays.reset();
      return Math.max(0, worst);
    },
    close: () => void delays.disable(),
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.ceil(ms));
    signal.addEventListener('abort', end, { once: true });
  });
}
