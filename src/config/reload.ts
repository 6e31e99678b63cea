import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type LoadInput, loadConfig } from './load.js';
import { filePath } from './resolvers/file.js';
import type { Source } from './sources.js';

export type Reloaded =
  | { readonly sources: readonly Source[]; readonly error: null }
  | { readonly sources: null; readonly error: Error };

/**
 * Reads the configuration again, for SIGHUP and --watch-config. All rules hold as at the start; only the sources
 * may change without one. On any fault the caller keeps what it has and reports the error.
 */
export function reloadSources(input: LoadInput): Reloaded {
  try {
    return { sources: loadConfig(input).config.sources, error: null };
  } catch (error) {
    return { sources: null, error: error as Error };
  }
}

/** What changes with a file's content, and when another file takes its name. */
function mark(file: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(file);
    return [ino, size, mtimeMs, ctimeMs].join();
  } catch {
    return 'missing';
  }
}

/**
 * Calls `onReload` when the configuration file or the write keys file has changed. By asking for their status, not
 * by file system events: a file replaced by a rename, or a symbolic link that is switched (as a mounted ConfigMap
 * does), is seen as well. Does not keep the process alive.
 * @param every milliseconds between two looks
 * @returns stops watching
 */
export function watchSources(
  input: LoadInput,
  onReload: (reloaded: Reloaded) => void,
  { every = 1000, writeKeysFile = null as string | null } = {},
): () => void {
  const files = [filePath(input.flags?.config, input.env, input.cwd)];
  if (writeKeysFile !== null) files.push(resolve(input.cwd, writeKeysFile));
  const look = () => files.map(mark).join(' ');
  let seen = look();
  const timer = setInterval(() => {
    const now = look();
    if (now === seen) return;
    seen = now;
    onReload(reloadSources(input));
  }, every).unref();
  return () => clearInterval(timer);
}
