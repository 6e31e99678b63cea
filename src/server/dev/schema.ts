/** The tables as the dev API and the live page describe them. */
import { type Field, GROUPS, REJECTED_FIELDS, SCHEMA_VERSION } from '../../event/fields.js';
import type { LiveHello } from '../../event/live.js';

const typeOf = ({ type, mode }: Field): string => (mode === 'REPEATED' ? `ARRAY<${type}>` : type);

/** Columns of the event table by group, in order. */
export const LIVE_GROUPS: LiveHello['groups'] = GROUPS.map(({ group, fields }) => ({
  group,
  columns: (fields as readonly Field[]).map((field) => ({ name: field.name, type: typeOf(field) })),
}));

/** What `GET /dev/schema` answers. */
export function schemaDocument(tables: { readonly events: string; readonly rejected: string }) {
  const columns = (fields: readonly Field[], group?: string) =>
    fields.map(({ name, type, mode = 'NULLABLE', doc }) => ({
      name,
      type,
      mode,
      doc,
      ...(group && { group }),
    }));
  return {
    schema_version: SCHEMA_VERSION,
    tables: {
      events: { name: tables.events, columns: GROUPS.flatMap(({ group, fields }) => columns(fields, group)) },
      rejected: { name: tables.rejected, columns: columns(REJECTED_FIELDS) },
    },
  };
}
