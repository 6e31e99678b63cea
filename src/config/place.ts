import { isAbsolute, join } from 'node:path';

/** One fault of the configuration. Never holds a secret. */
export interface Problem {
  /** `--port`, `STARGATE_PORT`, or a file and the JSON pointer in it: `stargate.json /sources/0/key`. */
  readonly at: string;
  readonly expected: string;
  readonly got: string;
  /** What to do, where the place knows. */
  readonly hint?: string;
}

/** What reading values needs besides the values: where faults go, and where references lead. */
export interface Scope {
  readonly problems: Problem[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where a raw value stands. Readers of values report their faults to it instead of throwing, so that all are found. */
export class Place {
  readonly scope: Scope;
  readonly at: string;
  /** True for flags and the environment, where a number can only come as text. */
  readonly text: boolean;
  /** Folder that relative paths are meant from; null for the working directory. */
  readonly folder: string | null;

  constructor(scope: Scope, at: string, text: boolean, folder: string | null = null) {
    this.scope = scope;
    this.at = at;
    this.text = text;
    this.folder = folder;
  }

  /** A member of the value here, by JSON pointer. */
  in(key: string | number): Place {
    const token = String(key).replaceAll('~', '~0').replaceAll('/', '~1');
    const at = this.text ? this.at : `${this.at}${this.at.includes(' /') ? '' : ' '}/${token}`;
    return new Place(this.scope, at, this.text, this.folder);
  }

  /** Reports a value that is not taken. Returns undefined, which is what a reader returns for such a value. */
  refuse(expected: string, value: unknown, hint?: string): undefined {
    return this.fault(expected, typeof value === 'string' ? quote(value) : describe(value), hint);
  }

  /** Reports a fault in words of its own: for what must not be shown, and for what is no value. */
  fault(expected: string, got = 'a value that is not shown here', hint?: string): undefined {
    this.scope.problems.push({ at: this.at, expected, got, ...(hint && { hint }) });
    return undefined;
  }

  path(value: string): string {
    return this.folder === null || isAbsolute(value) ? value : join(this.folder, value);
  }
}

const LONGEST = 60;
const cut = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
const quote = (text: string) => `“${cut(text)}”`;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value !== null && typeof value === 'object') return 'an object';
  return cut(JSON.stringify(value));
}
