/**
 * Completion scripts, written out from commander's own tree: nothing is started while somebody types. Whoever
 * updates stargate sources the script again with the next shell.
 */
import type { Command, Option } from 'commander';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** Values of the first argument, where it has a fixed list. */
  readonly values: readonly string[];
}

const entries = (tree: Command): Entry[] =>
  tree.commands.map((each) => ({
    name: each.name(),
    summary: each.summary(),
    options: each.createHelp().visibleOptions(each),
    values: each.registeredArguments[0]?.argChoices ?? [],
  }));

const longs = (options: readonly Option[]) => options.flatMap(({ long }) => long ?? []);
/** Inside single quotes, for all three shells. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const words = (list: readonly string[]) => list.join(' ');

function choices(list: readonly Entry[]): ReadonlyMap<string, readonly string[]> {
  const found = list.flatMap(({ options }) => options).filter(({ argChoices }) => argChoices);
  return new Map(found.map(({ long, argChoices }) => [long ?? '', argChoices ?? []]));
}

/** Behind an option that takes any value nothing is offered, and readline then offers files (`-o default`). */
function bash(list: readonly Entry[]): string {
  const free = list.flatMap(({ options }) =>
    longs(options.filter(({ required, argChoices }) => required && !argChoices)),
  );
  const byChoice = [...choices(list)].map(
    ([long, values]) => `    ${long}) words=${quoted(words(values))} ;;`,
  );
  return `_stargate() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=
  COMPREPLY=()
  case "$before" in
${byChoice.join('\n')}
    ${[...new Set(free)].join('|') || '-'}) return ;;
    *) if [ "$COMP_CWORD" -eq 1 ]; then words=${quoted(words([...list.map(({ name }) => name), '--help', '--version']))}
    else case "\${COMP_WORDS[1]}" in
${list.map(({ name, options, values }) => `      ${name}) words=${quoted(words([...values, ...longs(options)]))} ;;`).join('\n')}
    esac; fi ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _stargate stargate`;
}

function zsh(list: readonly Entry[]): string {
  const commands = list.map(
    ({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`,
  );
  const escaped = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');
  const spec = ({ long, description, argChoices, flags, required }: Option) => {
    const value = argChoices ? `(${words(argChoices)})` : /<(FILE|DIR)>/.test(flags) ? '_files' : ' ';
    return quoted(`${long}[${escaped(description)}]${required ? `:value:${value}` : ''}`);
  };
  const branches = list.map(({ name, options, values }) => {
    const first = values.length > 0 ? [quoted(`1:value:(${words(values)})`)] : [];
    const specs = [...first, ...options.filter(({ long }) => long).map(spec)];
    return `    ${name}) _arguments ${specs.join(' \\\n      ')} ;;`;
  });
  return `#compdef stargate
_stargate() {
  local -a commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local chosen="$words[2]"
  shift words; (( CURRENT-- ))
  case "$chosen" in
${branches.join('\n')}
  esac
}
if [ "$funcstack[1]" = _stargate ]; then _stargate "$@"; else compdef _stargate stargate; fi`;
}

function fish(list: readonly Entry[]): string {
  const at = (name: string) => `complete -c stargate -n '__fish_seen_subcommand_from ${name}'`;
  const option = (name: string, { long, description, argChoices, flags, required }: Option) => {
    const value = argChoices ? ` -x -a ${quoted(words(argChoices))}` : required ? ' -r' : '';
    const file = /<(FILE|DIR)>/.test(flags) ? ' -F' : '';
    return `${at(name)} -l ${long?.slice(2)} -d ${quoted(description)}${value}${file}`;
  };
  return [
    'complete -c stargate -f',
    ...list.map(
      ({ name, summary }) => `complete -c stargate -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...list.flatMap(({ name, values, options }) => [
      ...(values.length > 0 ? [`${at(name)} -a ${quoted(words(values))}`] : []),
      ...options.filter(({ long }) => long).map((each) => option(name, each)),
    ]),
  ].join('\n');
}

const SHELLS = { bash, zsh, fish };

export type Shell = keyof typeof SHELLS;
export const SHELL_NAMES = Object.keys(SHELLS) as Shell[];

/** The script to source. */
export const script = (shell: Shell, tree: Command): string => SHELLS[shell](entries(tree));
