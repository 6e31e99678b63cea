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
  /** Event names that are not sent. */
  readonly ignore: readonly string[];
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

type Given = Readonly<Record<string, unknown>>;

/**
 * Settings from the script's `data-` attributes and, below them, `window.stargateConfig` (the same names in camel
 * case): GTM drops `data-` attributes of injected scripts. Null without a write key or an address.
 */
export function readSettings(src: string, data: Given, config: Given): Settings | null {
  const value = (name: string): unknown => (data[name] === undefined ? config[name] : data[name]);
  const text = (name: string, otherwise = ''): string => {
    const found = value(name);
    return found === undefined || found === null ? otherwise : String(found);
  };
  const flag = (name: string): boolean => !/^(|false|0|no)$/.test(data[name] === '' ? '1' : text(name));
  const list = (name: string): string[] =>
    text(name)
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  const url = address(text('host'), src);
  if (!text('key') || !url) return null;
  return {
    key: text('key'),
    url,
    mode: text('mode', 'push') as Mode,
    keys: list('keys'),
    map: (value('map') || {}) as Record<string, string>,
    ignore: list('ignore'),
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
  const base = host && !/^(https?:)?\/\//.test(host) ? `https://${host}` : host;
  return guard(
    () => (base ? new URL('/v1/events', new URL(base, src || undefined)) : new URL('v1/events', src)).href,
  );
}
