/** `npm run generate`: writes every derived file. The guard calls `generated()` and compares. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKS, COMPONENTS } from '../../src/doctor/codes.js';
import { ERRORS, type ErrorDefinition, REASONS } from '../../src/errors.js';
import { bigQuerySchema, bigQueryTable } from '../../src/event/derive/bigquery.js';
import { fieldReference } from '../../src/event/derive/reference.js';
import { sparkSchema } from '../../src/event/derive/spark.js';
import { FIELDS, GROUPS, REJECTED_FIELDS } from '../../src/event/fields.js';
import { loadMixes } from './mixes.js';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function errorReference(): string {
  const row = ([code, definition]: [string, ErrorDefinition]) =>
    `| \`${code}\` | ${definition.exit} | ${definition.http ?? ''} | ${definition.message}${definition.next ? ` ${definition.next}` : ''} |`;
  return [
    '# Error reference',
    '',
    'Generated from `src/errors.ts` by `npm run generate`; do not edit.',
    '',
    'Every failure has one code. A command that ends with it prints what was expected, what was got and what to do next,',
    'and ends with the exit status; an HTTP answer carries it as `{"error":{"code","message"}}`.',
    '',
    '| Code | Exit | HTTP | Meaning, and what to do |',
    '| --- | --- | --- | --- |',
    ...Object.entries(ERRORS).map(row),
    '',
    '## Reasons of rejected events',
    '',
    'Column `reason` of `events_rejected`.',
    '',
    '| Reason | Meaning |',
    '| --- | --- |',
    ...Object.entries(REASONS).map(([code, text]) => `| \`${code}\` | ${text} |`),
    '',
  ].join('\n');
}

function doctorReference(): string {
  const rows = Object.entries(CHECKS).map(
    ([code, { component, title, why }]) => `| \`${code}\` | \`${component}\` | ${title} | ${why} |`,
  );
  return [
    '# What `stargate doctor` looks at',
    '',
    'Generated from `src/doctor/codes.ts` by `npm run generate`; do not edit.',
    '',
    'Each finding has the code of its question and a state: `ok`, `warning`, `failed`, or `unknown` where it could not be',
    'asked. `doctor` ends with 3 when something failed, else with 0. It changes nothing. `stargate doctor COMPONENT` asks about',
    `one part: ${Object.keys(COMPONENTS).join(', ')}. With \`--json\` it prints an array of`,
    '`{"code","component","state","detail","fix"}`.',
    '',
    '| Code | Component | In the list | Why it matters |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** Path below the root → content. */
export function generated(): Map<string, string> {
  const events = {
    table: 'PROJECT.DATASET.events',
    partitionBy: 'received_at',
    clusterBy: ['event_name', 'user_pseudo_id'],
    expirationDays: 395,
    description: 'One row per event, written by Stargate.',
  };
  const rejected = {
    table: 'PROJECT.DATASET.events_rejected',
    partitionBy: 'received_at',
    clusterBy: ['reason'],
    expirationDays: 30,
    description: 'What could not be stored as an event, with its reason.',
  };
  return new Map([
    ['docs/generated/fields.md', fieldReference(GROUPS, REJECTED_FIELDS)],
    ['docs/generated/errors.md', errorReference()],
    ['docs/generated/doctor.md', doctorReference()],
    ['templates/schema/events.bigquery.json', json(bigQuerySchema(FIELDS))],
    ['templates/schema/events_rejected.bigquery.json', json(bigQuerySchema(REJECTED_FIELDS))],
    [
      'templates/schema/bigquery.sql',
      `${bigQueryTable(FIELDS, events)};\n\n${bigQueryTable(REJECTED_FIELDS, rejected)};\n`,
    ],
    ['templates/schema/events.spark.json', json(sparkSchema(FIELDS))],
    ['templates/load/mixes.json', `${JSON.stringify(loadMixes())}\n`],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of generated()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    process.stdout.write(`${path}\n`);
  }
}
