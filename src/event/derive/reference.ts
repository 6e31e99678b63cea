/** The field reference, as Markdown. */
import { type Field, type FieldGroup, SCHEMA_VERSION } from '../fields.js';

export function fieldReference(groups: readonly FieldGroup[], rejected: readonly Field[]): string {
  return [
    '# Field reference',
    '',
    `Schema version ${SCHEMA_VERSION}. Generated from \`src/event/fields.ts\` by \`npm run generate\`; do not edit.`,
    '',
    'One row of `events` is one event. Columns without REQUIRED may be null.',
    ...groups.flatMap(({ group, doc, fields }) => ['', `## ${group}`, '', doc, '', ...table(fields)]),
    '',
    '## events_rejected',
    '',
    'What could not be stored as an event, with its reason (see the error reference).',
    '',
    ...table(rejected),
    '',
  ].join('\n');
}

const table = (fields: readonly Field[]): string[] => [
  '| Column | Type | Meaning |',
  '| --- | --- | --- |',
  ...rows(fields, ''),
];

function rows(fields: readonly Field[], prefix: string): string[] {
  return fields.flatMap((field) => [
    `| \`${prefix}${field.name}\` | ${typeName(field)} | ${field.doc.replaceAll('|', '\\|')} |`,
    ...rows(field.fields ?? [], `${prefix}${field.name}.`),
  ]);
}

function typeName(field: Field): string {
  const single = field.type === 'RECORD' ? 'STRUCT' : field.type;
  const whole = field.mode === 'REPEATED' ? `ARRAY of ${single}` : single;
  return field.mode === 'REQUIRED' ? `${whole}, REQUIRED` : whole;
}
