import { stat } from 'node:fs/promises';
import type { Check } from './port.js';
import { failed, ok, warning, word } from './port.js';

/** A file that holds a secret. */
export interface SecretFile {
  readonly path: string;
  /** What names it, for a person. */
  readonly setting: string;
}

const OTHERS = 0o077;

/** Whether anybody but its owner can read a file that holds a secret. */
export const secretFileCheck = ({ path, setting }: SecretFile): Check => ({
  code: 'STG_SECRET_FILE',
  async look() {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) return failed(`${path} (${setting}): ${found.code}`, `ls -l ${word(path)}`);
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    if ((found.mode & OTHERS) === 0) return ok(`${path} (${setting}) is ${mode}`);
    return warning(`${path} (${setting}) is ${mode}, expected 0600`, `chmod 600 ${word(path)}`);
  },
});
