import { nearest } from '../nearest.js';
import { envName, SETTING_NAMES, SETTINGS } from '../schema.js';
import { type Environment, type Layer, variable } from './layer.js';

/** STARGATE_* */
export function fromEnvironment(env: Environment): Layer {
  const names = SETTING_NAMES.filter((name) => SETTINGS[name].env && variable(env, envName(name)));
  return Object.fromEntries(
    names.map((name) => {
      const at = envName(name);
      return [name, { raw: variable(env, at), origin: `environment ${at}`, at, text: true }];
    }),
  );
}

/** Variables that look like a misspelt setting: a typo in the environment is silent otherwise. */
export function suspects(env: Environment): readonly string[] {
  const settings = SETTING_NAMES.filter((name) => SETTINGS[name].env).map(envName);
  const known = [...settings, 'STARGATE_CONFIG'];
  const odd = Object.keys(env).filter((name) => name.startsWith('STARGATE_') && !known.includes(name));
  return odd.flatMap((name) => {
    const close = nearest(name, known);
    return close ? [`${name} is no setting and is ignored. Did you mean ${close}?`] : [];
  });
}
