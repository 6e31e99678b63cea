/**
 * A check: one small question about this machine or what Stargate is connected to. Each room brings those that it knows
 * most about: machine and files are asked about here, logs and warehouses by their adapters.
 *
 * `look` answers with what it saw; with null where the question does not arise (no certificate is configured). It throws
 * where it could not be asked, which is told as `unknown`, never as `ok`. It changes nothing, anywhere. It is called
 * once, at the same time as all others, and need not bound its own time: who runs it gives up after a while and says so.
 * Checks that need the same facts ask for them together (`shared`). What is seen may hold text of others, never a secret.
 */
import type { CheckCode, Component } from './codes.js';

export type State = 'ok' | 'warning' | 'failed' | 'unknown';

export interface Observation {
  readonly state: State;
  /** One line: what was found, and for a fault what was expected. */
  readonly detail: string;
  /** A command to paste, where there is one; else what to do. */
  readonly fix?: string;
}

export interface Check {
  readonly code: CheckCode;
  look(): Promise<Observation | null>;
}

export interface Checks {
  readonly checks: readonly Check[];
  /** Lets go of connections, also of those whose check was given up. */
  close(): Promise<void>;
}

/** As `--json` prints it. */
export interface Finding {
  readonly code: CheckCode;
  readonly component: Component;
  readonly state: State;
  readonly detail: string;
  readonly fix: string | null;
}

/** Commands that mend something, with the flags that this deployment was named by. */
export interface Commands {
  readonly setup: string;
  readonly serve: string;
  readonly worker: string;
}

const seen =
  (state: State) =>
  (detail: string, fix?: string): Observation => ({ state, detail, ...(fix !== undefined && { fix }) });

export const ok = (detail: string): Observation => ({ state: 'ok', detail });
export const warning = seen('warning');
export const failed = seen('failed');
export const unknown = seen('unknown');

/** An error in a sentence or two, without the address that was asked: the check says what it asks about. */
export const told = ({
  message,
  got = '',
}: {
  readonly message: string;
  readonly got?: string | undefined;
}): string =>
  `${message} ${got}`
    .replace(/request to \S+ failed, reason: /, '')
    .replace(/ Browse to .*$/s, '')
    .trim();

/** Asks at the first call, and gives every later one the same answer. */
export function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask();
    return asked;
  };
}

/** `1 event`, `2 events` */
export const count = (n: number, what: string): string =>
  `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** For a person: three digits and a unit. */
export function bytes(n: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(n, 1)) / 10)));
  const value = n / 1024 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/** A span of time for a person, of seconds. */
export function span(seconds: number): string {
  if (seconds < 90) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** A word of a shell, quoted where it must be. */
export const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
