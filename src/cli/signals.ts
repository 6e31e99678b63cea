import { StargateError } from '../errors.js';

export interface Signals {
  readonly signal: AbortSignal;
  /** Ends the command as Ctrl-C does, without anything to say: nobody reads its output any more. */
  abort(reason: unknown): void;
  onReload(listener: () => void): () => void;
  dispose(): void;
}

type Process = Pick<NodeJS.Process, 'on' | 'off'>;

/** `npm start` hands Ctrl-C on to a child that the terminal has told already: two signals, one key press. */
const SAME_PRESS_MS = 300;

/**
 * Ctrl-C once aborts the signal, twice, or after SIGTERM, calls `atOnce`. SIGTERM aborts however often it comes: supervisors repeat it,
 * and only their SIGKILL means now. SIGHUP keeps its usual meaning until a command asks for it.
 */
export function listenToSignals(process: Process, atOnce: () => void): Signals {
  const controller = new AbortController();
  const interrupted = () => new StargateError('STG_INTERRUPTED');
  let first = Number.NEGATIVE_INFINITY;
  const onInterrupt = () => {
    if (performance.now() - first < SAME_PRESS_MS) return;
    if (controller.signal.aborted) atOnce();
    first = performance.now();
    controller.abort(interrupted());
  };
  const onTerminate = () => controller.abort(interrupted());
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    onReload(listener) {
      process.on('SIGHUP', listener);
      return () => void process.off('SIGHUP', listener);
    },
    dispose() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}
