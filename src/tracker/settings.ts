import { guard } from './guard.js';

/** What an envelope's `data_layer` holds: this push, the merged model, some keys of it, or the ten fields only. */
export type Mode = 'push' | 'model' | 'selected' | 'mapping';

export interface Settings {
  readonly key: string;
  /** Whole address that envelopes are posted to. */
  readonly url: string;
  readonly mode: Mode;
  /** For `selected`: paths into the model, with dots. */
  readonly keys: readonly string[];
  /** For `mapping`: path in the model by field of Stargate 2.0; the field's own name where absent. */
  readonly map: Readonly<Record<string, string>>;
  /** Unset consent counts as denied. */
  readonly strict: boolean;
  /** Denied consent is measured without ids and storage, instead of not at all. */
  readonly anonymous: boolean;
  readonly gpc: boolean;
  readonly dnt: boolean;
  /** ISO 3166 country or subdivision of the visitor, where the site knows it. */
  readonly region: string;
  /** Name of the global array. */
  readonly layer: string;
  readonly container: string;
  readonly containerVersion: string;
  readonly preview: boolean;
}

/**
 * Settings from the script's `data-` attributes and, below them, `window.stargateConfig` (the same names in camel
 * case): GTM drops `data-` attributes of injected scripts. Null without a write key or an address.
 */
export function readSettings(src: string, data?: unknown, config?: unknown): Settings | null {
  const given: Record<string, unknown> = Object.assign({}, config, data);
  const text = (name: string, otherwise = ''): string => String(given[name] || otherwise);
  /** `data-name`, `data-name="true"` and `name: true` set it. */
  const flag = (name: string): boolean => given[name] === '' || /^(true|1)$/.test(text(name));
  const key = text('key');
  const url = address(text('host'), src);
  if (!key || !url) return null;
  return {
    key,
    url,
    mode: text('mode', 'push') as Mode,
    keys: text('keys').split(/[,\s]+/),
    map: (given.map || {}) as Record<string, string>,
    strict: text('consent') === 'strict',
    anonymous: flag('anonymous'),
    gpc: flag('gpc'),
    dnt: flag('dnt'),
    region: text('region').toUpperCase(),
    layer: text('layer', 'dataLayer'),
    container: text('container'),
    containerVersion: text('containerVersion'),
    preview: flag('preview'),
  };
}

/** The collector stands beside the script, also below a path, unless `host` names another. */
function address(host: string, src: string): string | undefined {
  if (!host) return guard(() => new URL('v1/events', src).href);
  return guard(() => new URL('/v1/events', /:\/\//.test(host) ? host : `https://${host}`).href);
}
