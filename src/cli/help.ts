import type { CommandTable } from '../commands/_command.js';
import { type Style, table } from '../output.js';

const CONNECTIONS = [
  ['--log', 'kafka://HOST:PORT/TOPIC, embedded:DIR, memory:'],
  ['--warehouse', 'bigquery://PROJECT/DATASET.TABLE, duckdb:FILE, memory:'],
] as const;

/** `stargate --help`, made from the table alone: no command is loaded for it. */
export function overview(commands: CommandTable, version: string, style: Style): string {
  const { bold, accent } = style;
  const names = Object.keys(commands);
  const width = Math.max(...names.map((name) => name.length), '--warehouse'.length);
  const groups = [...new Set(Object.values(commands).map(({ group }) => group))];
  const section = (title: string, rows: readonly (readonly [string, string])[]) =>
    `${bold(title)}\n${table(
      rows.map(([name, text]) => [accent(name.padEnd(width)), text]),
      { indent: '  ' },
    )}`;
  return [
    `${bold(`Stargate ${version}`)}  From the dataLayer to BigQuery in seconds.`,
    `${bold('Usage')}  stargate COMMAND [options]`,
    ...groups.map((group) =>
      section(
        group,
        Object.entries(commands)
          .filter(([, entry]) => entry.group === group)
          .map(([name, { summary }]) => [name, summary] as const),
      ),
    ),
    section('Connections', CONNECTIONS),
    section('Everywhere', [
      ['--help', 'what a command takes: stargate COMMAND --help'],
      ['--json', 'one JSON document on stdout, errors too'],
      ['--verbose', 'the chain of causes of an error'],
      ['--version', 'the version'],
    ]),
  ].join('\n\n');
}
