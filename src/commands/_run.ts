/** Long-running commands: run until a signal comes or the work cannot go on. */

import { printable } from '../output.js';
import { calm, jsonLogger } from '../runtime/report.js';
import { untilAborted } from '../runtime/signal.js';
import type { RunOptions } from '../runtime/worker.js';
import type { Context } from './_command.js';

/** Resolves when the signal is aborted; rejects when `done` does. */
export function untilEnded(signal: AbortSignal, done?: Promise<void>): Promise<void> {
  const aborted = untilAborted(signal);
  return done ? Promise.race([aborted, done]) : aborted;
}

/** As `work`, but rejects with the signal's reason as soon as it is aborted: nobody waits for the answer any more. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = untilAborted(signal).then(() => {
    throw signal.reason;
  });
  return Promise.race([work, aborted]);
}

/** Logs and warnings of the engines, on stderr: JSON lines. */
export const runOptions = ({ output }: Context): RunOptions => ({
  logger: calm(jsonLogger((line) => output.note(line))),
  onWarning: (message) => output.warn(message),
});

/** The same for a person at a terminal. */
export function spokenOptions(context: Context): RunOptions {
  const { output } = context;
  if (output.json) return runOptions(context);
  const logger = calm((event, fields = {}) => {
    const detail = Object.entries(fields).map(([name, value]) => `${name} ${value}`);
    output.warn(printable([event.replaceAll('_', ' '), ...detail].join(', ')));
  });
  return { ...runOptions(context), logger };
}

/** A closing that hangs must not keep a supervisor waiting for ever. Resolves to false past the deadline. */
export async function within(deadlineMs: number, closing: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, 'late');
  });
  try {
    return (await Promise.race([closing, late])) !== 'late';
  } finally {
    clearTimeout(timer);
  }
}
