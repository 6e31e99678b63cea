/** Modules of the build that is about to run: another copy of their classes would change nothing. */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export const built = (path) =>
  import(new URL(`../dist/${path}`, pathToFileURL(realpathSync(process.argv[1]))));
