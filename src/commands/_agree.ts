/** The question before something goes elsewhere or costs money. What will happen has been shown already. */
import { createInterface } from 'node:readline/promises';
import { StargateError } from '../errors.js';
import { printable } from '../output.js';
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

/**
 * Asks to type `name`, for what cannot be undone: --yes does not count here. `given` is what a flag said beforehand.
 * Errors: STG_CONFIRMATION_NEEDED where it was not typed, or nobody can be asked.
 */
export async function typed(
  name: string,
  given: unknown,
  { interactive, signal }: Pick<Context, 'interactive' | 'signal'>,
): Promise<void> {
  if (given === name) return;
  const refused = (got: string, next: string): never => {
    throw new StargateError('STG_CONFIRMATION_NEEDED', {
      ...{
        message: 'This cannot be undone, so the name has to be typed.',
        expected: printable(name),
        got,
        next,
      },
    });
  };
  if (given !== undefined) refused(printable(String(given)), 'Give the same id to --confirm.');
  if (!interactive) refused('no terminal', 'Add --confirm with that id.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const said = (await terminal.question(`  Type ${printable(name)} to go on: `, { signal })).trim();
    if (said !== name) refused(printable(said), 'Nothing was deleted.');
  } finally {
    terminal.close();
  }
}
