/** What was typed, told again without secrets; and how much it will send. */
import type { LoadtestOptions, Planned } from '../measure/load/options.js';
import { createPayload } from '../measure/load/payload.js';
import type { Invocation } from './_command.js';
import type { Size } from './_load-size.js';

const SECRET = new Set(['key', 'header']);
/** How it is shown, and what commander adds by itself, change nothing of the run. */
const UNTOLD = new Set(['json', 'verbose', 'yes', 'input', 'color']);

const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
const quoted = (text: string) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** For the report: a command that can be run again, keys and headers hidden. */
export function typedCommand({ args, flags }: Invocation): string {
  const typed = Object.entries(flags).flatMap(([name, value]) => {
    if (UNTOLD.has(name)) return [];
    if (value === true) return [flagOf(name)];
    const values = Array.isArray(value) ? value : [value];
    return values.map((each) => `${flagOf(name)} ${SECRET.has(name) ? '***' : quoted(String(each))}`);
  });
  return ['stargate loadtest', quoted(String(args[0])), ...typed].join(' ');
}

/** A closed run sends what the target takes: at most this, for the question. */
const CLOSED_RATE = 10_000;
const SAMPLES = 64;

export function sizeOf({ requests, durationMs }: Planned, { payload }: LoadtestOptions): Size {
  const bodies = createPayload(payload, 'lt-000000', 0, Date.now());
  const bytes = Array.from({ length: SAMPLES }, (_, n) => bodies.body(n).length).reduce((a, b) => a + b, 0);
  const count = requests ?? (CLOSED_RATE * durationMs) / 1000;
  return { requests: count, bytes: (bytes / SAMPLES) * count };
}
