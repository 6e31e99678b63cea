import type { JsonSchema } from './kinds.js';
import { envName, flagName, SETTING_NAMES, SETTINGS } from './schema.js';

/** Default as a person would find it, `{data}` filled in. */
export function shownDefault(name: keyof typeof SETTINGS): unknown {
  const { default: value } = SETTINGS[name];
  return typeof value === 'string' ? value.replace('{data}', String(SETTINGS.data.default)) : value;
}

function property(name: keyof typeof SETTINGS): JsonSchema {
  const { kind, help, flag, env, optional } = SETTINGS[name];
  const also = [flag && flagName(name), env && envName(name)].filter(Boolean).join(', ');
  return {
    ...kind.schema,
    description: `${help}.${also ? ` Also: ${also}.` : ''}`,
    ...(!optional && { default: shownDefault(name) }),
  };
}

/** The JSON Schema of stargate.json (draft 2020-12), for editors. */
export function jsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Stargate configuration',
    type: 'object',
    properties: {
      $schema: { type: 'string', description: 'Where this schema is, for editors.' },
      ...Object.fromEntries(SETTING_NAMES.map((name) => [name, property(name)])),
    },
    additionalProperties: false,
  };
}
