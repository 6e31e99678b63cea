/** The question before something goes elsewhere or costs money. What will happen has been shown already. */
import { createInterface } from 'node:readline/promises';
import { StargateError } from '../errors.js';
import type { Context } from './_command.js';

/**
 * Resolves to whether a person says yes; --yes says it beforehand. `what` is for the error: STG_CONFIRMATION_NEEDED
 * where nobody can be asked. Rejects with the signal's reason when interrupted.
 */
export async function agreed(
  question: string,
  what: string,
  { yes, interactive, signal }: Pick<Context, 'yes' | 'interactive' | 'signal'>,
): Promise<boolean> {
  if (yes) return true;
  if (!interactive) throw new StargateError('STG_CONFIRMATION_NEEDED', { got: `${what}, and no terminal` });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`  ${question} (y/N) `, { signal })).trim());
  } finally {
    terminal.close();
  }
}
