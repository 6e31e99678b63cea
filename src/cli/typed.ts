/** What was typed, before any command is known. */
export interface Typed {
  readonly name: string | null;
  /** What the command is to read. */
  readonly rest: readonly string[];
  /** An option that cannot stand where it does: in front of a command, or without one. */
  readonly stray: string | undefined;
  readonly has: (flag: string) => boolean;
}

/** Switches that may also stand in front of the command. */
const ANYWHERE = new Set(['-h', '--help', '--json', '--verbose', '--no-color', '--no-input', '--yes']);

/** Finds the command: the first word that is no option. */
export function read(argv: readonly string[]): Typed {
  const end = argv.indexOf('--');
  const flags = new Set(end < 0 ? argv : argv.slice(0, end));
  const has = (flag: string) => flags.has(flag);
  const at = argv.findIndex((word) => !word.startsWith('-'));
  const leading = at < 0 ? argv : argv.slice(0, at);
  const stray = leading.find((word) => !ANYWHERE.has(word));
  if (at < 0) return { name: null, rest: [], stray, has };
  const behind = argv.slice(at + 1);
  if (argv[at] !== 'help') return { name: argv[at]!, rest: [...leading, ...behind], stray, has };
  // `stargate help dev` is `stargate dev --help`.
  const [topic = null] = behind.filter((word) => !word.startsWith('-'));
  return { name: topic, rest: ['--help'], stray, has };
}
