import { readFileSync } from 'node:fs';
import { Place, type Scope } from './place.js';
import { readSecret } from './secrets.js';
import { isSourceId, type Source, serverSource } from './sources.js';

/** Lines `SOURCE_ID=KEY`; empty lines and lines that begin with # are passed over. */
function readLines(text: string, file: string, scope: Scope): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const place = new Place(scope, `${file}:${i + 1}`, true);
    const equals = line.indexOf('=');
    const id = line.slice(0, Math.max(equals, 0)).trim();
    if (!isSourceId(id)) place.fault('SOURCE_ID=KEY', 'another line');
    else if (keys.has(id)) place.fault('each source once', `${id} again`);
    else keys.set(id, readSecret(line.slice(equals + 1).trim(), place) ?? '');
  }
  return keys;
}

/**
 * Gives sources the keys of the write keys file. An id that is no source yet becomes a server source with
 * the default settings. A source that has a key already keeps none of it: the file is the place for secrets.
 */
export function applyWriteKeys(
  sources: readonly Source[],
  file: string,
  at: string,
  scope: Scope,
): readonly Source[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    new Place(scope, at, true).fault('a file that can be read', `${file}: ${code}`);
    return sources;
  }
  const keys = new Map(readLines(text, file, scope));
  const named = sources.map((source) => {
    const key = keys.get(source.id);
    keys.delete(source.id);
    return key === undefined ? source : { ...source, key };
  });
  return [...named, ...[...keys].map(([id, key]) => serverSource(id, key))];
}
