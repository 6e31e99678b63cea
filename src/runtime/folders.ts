/** The folders that the embedded log and DuckDB live in, made before either is opened. */
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type ErrorCode, StargateError } from '../errors.js';

/** Makes a folder that this process can write. Errors: `code`, which says whose folder it was. */
export async function writableFolder(folder: string, code: ErrorCode): Promise<void> {
  const path = resolve(folder);
  try {
    await make(path);
    await access(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new StargateError(code, {
      message: 'The folder of the data cannot be used.',
      expected: 'a folder that this user can write',
      got: `${(cause as NodeJS.ErrnoException).code ?? 'an error'}: ${path}`,
      next: 'Choose another with --data, or change who may write there.',
      cause,
    });
  }
}

/** Step by step: `mkdir` with `recursive` never returns where the system denies that a parent it has exists (/proc). */
async function make(path: string): Promise<void> {
  const tried = await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => error);
  if (!(tried instanceof Error)) return;
  if (tried.code === 'EEXIST' && (await stat(path)).isDirectory()) return;
  if (tried.code !== 'ENOENT' || dirname(path) === path) throw tried;
  await make(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
