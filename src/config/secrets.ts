import { readFileSync } from 'node:fs';
import type { Kind } from './kinds.js';
import type { Place } from './place.js';

export const HIDDEN = '***';
const EXPECTED = 'text, {"env": "NAME"} or {"file": "PATH"}';

/** What a key may look like: it travels in headers, in JSON and in URLs. */
const FORM = /^[\x21-\x7e]{1,256}$/;
const reference = (name: string) => ({
  type: 'object',
  properties: { [name]: { type: 'string', minLength: 1 } },
  required: [name],
  additionalProperties: false,
});
export const SECRET_SCHEMA = {
  anyOf: [{ type: 'string', minLength: 1, maxLength: 256 }, reference('env'), reference('file')],
} as const;

function fromFile(path: string, place: Place): string | undefined {
  try {
    return readFileSync(place.path(path), 'utf8').trim();
  } catch (error) {
    return place.fault('a file that can be read', `${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function resolve(raw: unknown, place: Place): string | undefined {
  if (typeof raw === 'string') return raw;
  const [[name, target] = [], ...more] = Object.entries(raw !== null && typeof raw === 'object' ? raw : {});
  if (more.length > 0 || typeof target !== 'string' || target === '') return place.fault(EXPECTED);
  if (name === 'file') return fromFile(target, place.in('file'));
  if (name !== 'env') return place.fault(EXPECTED);
  // What does not look like a name may be the secret itself, put in the wrong place.
  if (!/^[A-Za-z_]\w*$/.test(target)) return place.in('env').fault('the name of an environment variable');
  return (
    place.scope.env[target] ||
    place.in('env').fault('an environment variable that is set', `${target}, which is not`)
  );
}

/** The secret behind text, an environment variable or a file. Faults name the place and never the value. */
export function readSecret(raw: unknown, place: Place): string | undefined {
  const value = resolve(raw, place);
  if (value === undefined || FORM.test(value)) return value;
  return place.fault('1 to 256 visible ASCII characters without spaces');
}

export const secret: Kind<string> = {
  schema: SECRET_SCHEMA,
  expected: EXPECTED,
  placeholder: null,
  read: readSecret,
  show: () => HIDDEN,
};
