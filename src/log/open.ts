import { resolve } from 'node:path';
import { StargateError } from '../errors.js';
import type { OpenLogOptions } from './options.js';
import type { Log } from './port.js';

export type { OpenLogOptions } from './options.js';

/**
 * Opens the log that a URL names: `embedded:DIR`, a folder of this machine, or `memory:NAME`, a log that lives as
 * long as the process and is shared by name. Throws STG_CONNECTION_UNSUPPORTED for anything else.
 */
export async function openLog(url: string, options: OpenLogOptions): Promise<Log> {
  const [, scheme, rest = ''] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === 'embedded' && rest !== '') {
    const { openEmbedded } = await import('./embedded/index.js');
    return openEmbedded(resolve(rest), options);
  }
  if (scheme === 'memory') {
    const { openMemory } = await import('./memory.js');
    return openMemory(rest, options);
  }
  throw new StargateError('STG_CONNECTION_UNSUPPORTED', {
    expected: 'embedded:FOLDER or memory:NAME',
    // A URL of another log may hold a password.
    got: scheme ? `${scheme}:` : 'no scheme',
  });
}
