/**
 * The primary of `serve --workers N`: N processes of the same command line, each with a slot, and so a
 * partition, of its own. One that dies is started again in its slot, later each time it dies young.
 */
import cluster, { type Worker as Child } from 'node:cluster';
import { StargateError } from '../errors.js';
import type { Logger } from '../server/logger.js';

/** Environment name that tells a process its slot. */
export const SLOT_ENV = 'STARGATE_INTERNAL_SLOT';

/** What a process tells its supervisor. */
export type FromChild = { readonly ready: string } | { readonly failed: string };

const DELAY = { firstMs: 100, mostMs: 5_000, youngMs: 10_000 };
const CLOSE_DEADLINE_MS = 30_000;

export interface Supervisor {
  readonly url: string;
  readonly alive: number;
  readonly restarts: number;
  readonly done: Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM to all; resolves to the number that did not end well. */
  close(): Promise<number>;
}

interface Slot {
  readonly slot: number;
  child: Child | null;
  deaths: number;
}

/** Starts the processes and resolves when every one of them serves. Rejects when one cannot start. */
export async function supervise(processes: number, logger: Logger): Promise<Supervisor> {
  const slots: Slot[] = Array.from({ length: processes }, (_, slot) => ({ slot, child: null, deaths: 0 }));
  let closing = false;
  let restarts = 0;
  let badly = 0;

  const start = (slot: Slot): Promise<string> => {
    const child = cluster.fork({ [SLOT_ENV]: String(slot.slot) });
    const born = performance.now();
    slot.child = child;
    child.once('exit', (code, signal) => {
      slot.child = null;
      if (closing) {
        if (code !== 0) badly++;
        return;
      }
      slot.deaths = performance.now() - born < DELAY.youngMs ? slot.deaths + 1 : 1;
      const delay = Math.min(DELAY.mostMs, DELAY.firstMs * 2 ** (slot.deaths - 1));
      logger('process_died', {
        slot: slot.slot,
        code: code ?? null,
        signal: signal ?? null,
        restartInMs: delay,
      });
      setTimeout(() => {
        if (closing) return;
        restarts++;
        start(slot).catch(() => {});
      }, delay);
    });
    return firstWord(child);
  };

  // One after another: the first one decides the port where any free one was asked for.
  const urls: string[] = [];
  try {
    for (const slot of slots) urls.push(await start(slot));
  } catch (error) {
    closing = true;
    await endAll(slots);
    throw error;
  }
  return {
    url: urls[0]!,
    get alive() {
      return slots.filter(({ child }) => child !== null).length;
    },
    get restarts() {
      return restarts;
    },
    done: new Promise(() => {}),
    signal: (signal) => slots.forEach(({ child }) => void child?.process.kill(signal)),
    async close() {
      closing = true;
      await endAll(slots);
      return badly;
    },
  };
}

/** The first thing a process says: where it serves, or why it cannot. */
function firstWord(child: Child): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: FromChild) => {
      if ('ready' in message) resolve(message.ready);
      else reject(new StargateError('STG_PROCESS_FAILED', { got: message.failed }));
    });
    child.once('exit', (code, signal) =>
      reject(new StargateError('STG_PROCESS_FAILED', { got: `it ended with ${signal ?? code}` })),
    );
  });
}

async function endAll(slots: readonly Slot[]): Promise<void> {
  await Promise.all(
    slots.map(async ({ child }) => {
      if (!child) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.process.kill('SIGTERM');
      const late = setTimeout(() => child.process.kill('SIGKILL'), CLOSE_DEADLINE_MS);
      await gone;
      clearTimeout(late);
    }),
  );
}
