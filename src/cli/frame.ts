import type { CommandTable } from '../commands/_command.js';
import { isStargateError } from '../errors.js';
import { asStargateError } from '../output/fault.js';
import { createOutput } from '../output.js';
import { dispatch } from './dispatch.js';
import { listenToSignals } from './signals.js';
import { read } from './typed.js';

export interface FrameOptions {
  readonly table: CommandTable;
  readonly version: string;
  readonly process: NodeJS.Process;
  /** Ends the process at once: only cli.ts may. */
  readonly exit: (status: number) => never;
}

const PIPE_CLOSED = Symbol('nobody reads stdout');

/** Something that should have ended still holds the process: give it a moment, then go. */
const LINGER_MS = 3000;

/** A closed pipe is not an error; a wait that the signal cut short is an interruption, whatever it threw. */
function judge(error: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted) return error;
  const cut = error === signal.reason || (error as Error | null)?.name === 'AbortError';
  return cut ? signal.reason : error;
}

/** Runs one command line and returns the exit status. Prints every error. */
async function runFrame(options: FrameOptions): Promise<number> {
  const { process, version, table, exit } = options;
  const typed = read(process.argv.slice(2));
  const signals = listenToSignals(process, () => exit(130));
  const output = createOutput({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    json: typed.has('--json'),
    noColour: typed.has('--no-color'),
    verbose: typed.has('--verbose'),
    onClosed: (error) => signals.abort(error ?? PIPE_CLOSED),
  });
  // The terminal has just echoed ^C: what comes next deserves a line of its own.
  signals.signal.addEventListener('abort', () => {
    if (process.stderr.isTTY && isStargateError(signals.signal.reason, 'STG_INTERRUPTED')) output.note('');
  });
  const fail = async (error: unknown): Promise<number> => {
    if (error === PIPE_CLOSED) return 0;
    await output.fault(error);
    return asStargateError(error).definition.exit;
  };
  // Nothing can be trusted after an error that nobody caught: say it, and go.
  const crash = (error: unknown) => {
    setTimeout(() => exit(1), LINGER_MS);
    void fail(error).then(exit);
  };
  process.on('uncaughtException', crash).on('unhandledRejection', crash);
  try {
    const status = await dispatch(typed, { process, output, signals, version, table });
    const { reason } = signals.signal;
    return isStargateError(reason, 'STG_OUTPUT_WRITE') ? await fail(reason) : status;
  } catch (error) {
    return await fail(judge(error, signals.signal));
  } finally {
    signals.dispose();
  }
}

/**
 * Runs the command line of this process to its end. Not to be awaited by the entry module: when a command waits
 * for something that can no longer come, Node ends the process, and the listener here says so.
 */
export function launch(options: FrameOptions): void {
  const { process, exit } = options;
  let done = false;
  process.on('exit', (status) => {
    if (done || status !== 0) return;
    process.stderr.write('x STG_BUG  The command ended before it was done. Please report it.\n');
    process.exitCode = 1;
  });
  void runFrame(options).then((status) => {
    done = true;
    process.exitCode = status;
    setTimeout(() => exit(status), LINGER_MS).unref();
  });
}
