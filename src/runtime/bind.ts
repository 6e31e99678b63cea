/** `listen`, with the failures of a socket in words of the flags that chose it. */
import { StargateError } from '../errors.js';
import type { App } from '../server/app.js';
import { type Listener, type ListenOptions, listen } from '../server/listen.js';

export interface Bind extends ListenOptions {
  /** The flag that names the port: --port or --admin-port. */
  readonly flag: string;
}

/** Errors: STG_PORT_TAKEN, STG_OPTION_INVALID for an address or a port that this machine or user cannot take. */
export async function bind(app: App, { flag, logger = () => {}, ...options }: Bind): Promise<Listener> {
  let bound = false;
  // Until then a failure is thrown, and must not be told twice.
  const later: typeof logger = (...line) => bound && logger(...line);
  try {
    const listener = await listen(app, { ...options, logger: later });
    bound = true;
    return listener;
  } catch (error) {
    throw mapped(error, flag, options);
  }
}

function mapped(error: unknown, flag: string, { host, port }: ListenOptions): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const refused = (message: string, expected: string, got: string, next: string) =>
    new StargateError('STG_OPTION_INVALID', { message, expected, got, next, cause: error });
  switch (code) {
    case 'STG_PORT_TAKEN':
      return new StargateError(code, {
        got: `port ${port} of ${host}`,
        next: `Choose another with ${flag}, or ${flag} 0 for any free one.`,
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return refused('This user may not open the port.', 'a port above 1023', `${port}`, `Change ${flag}.`);
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return refused(
        'The collector cannot listen on that address.',
        'an address of this machine',
        host,
        'Change --host: 127.0.0.1 for this machine alone, 0.0.0.0 for every interface.',
      );
    default:
      return error;
  }
}
