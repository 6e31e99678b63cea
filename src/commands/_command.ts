/**
 * The shape of a command. One file a command, at most 70 lines: say what it takes, call the library, print.
 *
 * ```ts
 * export const command: CommandModule = {
 *   define: (cli) => withSettings(cli.argument('<sql>', 'one SELECT'), ['warehouse', 'table']),
 *   async run(invocation, context) {
 *     const { config } = configured(invocation, context);
 *     …
 *     await context.output.result(document, () => text);
 *   },
 * };
 * ```
 *
 * Add it with its summary and its lazy import to the table in cli.ts: nothing of the module is loaded for --help or
 * for another command, so its imports may be heavy, but not slow to name an error.
 *
 * A command returns its exit status, or nothing for 0. It fails by throwing: a StargateError for what a person can
 * mend, anything else is shown as a bug. It never exits, never writes to a stream of the process, never asks without
 * `context.interactive`. When `signal` is aborted it drains, prints the sum so far and returns; a command whose work
 * is void without its end throws `signal.reason` (exit 130).
 */
import type { Command } from 'commander';
import type { Output } from '../output.js';

export interface Invocation {
  /** The name it was called by. */
  readonly name: string;
  /** Positional arguments; an absent optional one is undefined. */
  readonly args: readonly (string | undefined)[];
  /** Options by camel-case name, as text or true. Settings among them are still to be read: `configured`. */
  readonly flags: Readonly<Record<string, unknown>>;
}

export interface Context {
  readonly output: Output;
  /** Aborted by Ctrl-C, by SIGTERM, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  /** Whether a question can be asked: a terminal on both sides, no CI, no --no-input. */
  readonly interactive: boolean;
  /** --yes */
  readonly yes: boolean;
  /** Calls `listener` on SIGHUP. Returns how to stop. */
  onReload(listener: () => void): () => void;
  /** Every command with all its options, as commander has them. Loads every command. */
  tree(): Promise<Command>;
}

export interface CommandModule {
  /** Declares arguments and options. The common ones (--json, --verbose, …) are there already. */
  define(command: Command): void;
  run(invocation: Invocation, context: Context): Promise<number | undefined>;
}

export interface CommandEntry {
  readonly summary: string;
  /** Heading of `stargate --help`. */
  readonly group: string;
  readonly load: () => Promise<{ readonly command: CommandModule }>;
}

export type CommandTable = Readonly<Record<string, CommandEntry>>;
