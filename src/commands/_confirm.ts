import { createInterface } from 'node:readline/promises';
import { StargateError } from '../errors.js';
import type { Context } from './_command.js';

/** Asks a person to go on. Errors: STG_CONFIRMATION_NEEDED where nobody can be asked. */
export async function agreed(got: string, { yes, interactive, signal }: Context): Promise<boolean> {
  if (yes) return true;
  if (!interactive) throw new StargateError('STG_CONFIRMATION_NEEDED', { got });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question('Go on? (y/N) ', { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
