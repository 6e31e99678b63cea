import { tag } from './guard.js';

type Bag = Record<string, unknown>;

/** Deeper than the sanitiser keeps anything; a cycle ends here too. */
const MAX_DEPTH = 12;

const isPlain = (value: unknown) => tag(value) === '[object Object]';

/**
 * Merges a push into the model by the dataLayer's rules: objects and arrays recursively, everything else (null,
 * undefined, dates, nodes) overwrites, `_clear` overwrites objects too. So old keys stay until they are cleared.
 */
export function merge(from: Bag, to: Bag, depth = 0): void {
  for (const name of Object.keys(from)) {
    if (name === '_clear' || name === '__proto__') continue;
    const value = from[name];
    const isList = Array.isArray(value);
    if (from._clear || !(isList || isPlain(value))) {
      to[name] = value;
    } else if (depth < MAX_DEPTH) {
      const old = to[name];
      if (isList ? !Array.isArray(old) : !isPlain(old)) to[name] = isList ? [] : {};
      merge(value as Bag, to[name] as Bag, depth + 1);
    }
  }
}

/** Value at a path with dots; a key that has the whole path as its name comes first. */
export function at(model: Bag, path: string): unknown {
  if (path in model) return model[path];
  return path.split('.').reduce<unknown>((value, part) => Object(value)[part], model);
}
