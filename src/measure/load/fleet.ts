/** Who sends: a sender in this process, or one in each of several. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StargateError } from '../../errors.js';
import { type FromSender, type ToSender, unpackedError } from './messages.js';
import { rehearse } from './rehearsal.js';
import { createSender } from './sending.js';
import type { Delta, SenderEnd, SendPlan } from './wire.js';

export interface Fleet {
  /** Resolves when all have sent and waited. @param startAt ms since 1970, with fractions */
  run(startAt: number): Promise<readonly SenderEnd[]>;
  /** Nothing new is sent; answers are awaited this long. */
  stop(drainMs: number): void;
  close(): void;
}

/** Opens all connections. Errors: those of the payload; STG_PROCESS_FAILED. */
export async function openFleet(plans: readonly SendPlan[], tell: (delta: Delta) => void): Promise<Fleet> {
  return plans.length === 1 ? openHere(plans[0]!, tell) : openChildren(plans, tell);
}

async function openHere(plan: SendPlan, tell: (delta: Delta) => void): Promise<Fleet> {
  await rehearse(plan);
  const sender = createSender(plan, tell);
  await sender.open();
  return {
    run: async (startAt) => [await sender.run(startAt - performance.timeOrigin)],
    stop: (drainMs) => sender.stop(drainMs),
    close() {},
  };
}

interface Child {
  readonly ready: Promise<void>;
  readonly end: Promise<SenderEnd>;
  say(message: ToSender): void;
  kill(): void;
}

async function openChildren(plans: readonly SendPlan[], tell: (delta: Delta) => void): Promise<Fleet> {
  const children = plans.map((plan) => start(plan, tell));
  const close = () => {
    for (const child of children) child.kill();
  };
  try {
    await Promise.all(children.map(({ ready }) => ready));
  } catch (error) {
    close();
    throw error;
  }
  const sayAll = (message: ToSender) => {
    for (const child of children) child.say(message);
  };
  return {
    run(startAt) {
      sayAll({ startAt });
      return Promise.all(children.map(({ end }) => end));
    },
    stop: (stop) => sayAll({ stop }),
    close,
  };
}

function start(plan: SendPlan, tell: (delta: Delta) => void): Child {
  const entry = fileURLToPath(new URL('./process.js', import.meta.url));
  const child: ChildProcess = fork(entry, { serialization: 'advanced' });
  let readied: () => void = () => {};
  let ended: (end: SenderEnd) => void = () => {};
  let failed: (error: Error) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    failed = reject;
  });
  broken.catch(() => {});
  child.on('message', (message: FromSender) => {
    if ('ready' in message) readied();
    else if ('delta' in message) tell(message.delta);
    else if ('end' in message) ended(message.end);
    else failed(unpackedError(message.failed));
  });
  child.on('error', failed);
  child.on('exit', (code, signal) =>
    failed(
      new StargateError('STG_PROCESS_FAILED', {
        message: 'A sending process ended before its time.',
        got: `it ended with ${signal ?? code}`,
      }),
    ),
  );
  const say = (message: ToSender) => void (child.connected && child.send(message));
  say({ plan });
  const one = <T>(take: (resolve: (value: T) => void) => void): Promise<T> =>
    Promise.race([new Promise<T>((resolve) => take(resolve)), broken]);
  return {
    ready: one<void>((resolve) => {
      readied = resolve;
    }),
    end: one<SenderEnd>((resolve) => {
      ended = resolve;
    }),
    say,
    kill: () => void child.kill('SIGKILL'),
  };
}
